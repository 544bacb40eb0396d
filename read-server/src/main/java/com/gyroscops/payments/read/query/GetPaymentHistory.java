package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.GetPaymentHistoryRequest;
import com.gyroscops.payments.v1.GetPaymentHistoryResponse;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;

/** The events of one payment, oldest first, a page at a time. */
public final class GetPaymentHistory
    extends SourceQuery<GetPaymentHistoryRequest, GetPaymentHistoryResponse> {

  private final PageTokens tokens;

  public GetPaymentHistory(SourceRouter reads, PageTokens tokens) {
    super(reads, GetPaymentHistoryResponse::getRead, null);
    this.tokens = tokens;
  }

  @Override
  public GetPaymentHistoryResponse answer(GetPaymentHistoryRequest request) {
    Violations violations =
        new Violations()
            .organization("organization_id", request.getOrganizationId())
            .identifier("payment_id", request.getPaymentId());
    PageRead page = PageRead.of(tokens, request, violations);
    Routed<List<PaymentEvent>> routed =
        page.read(
            reads,
            request.getReadOptions(),
            Capability.HISTORY,
            source ->
                source.history(
                    request.getOrganizationId(),
                    request.getPaymentId(),
                    page.afterValue(),
                    page.fetch()));
    if (routed.value().isEmpty() && page.after().isEmpty()) {
      throw QueryErrors.paymentNotFound(
              request.getOrganizationId(), request.getPaymentId(), routed.read().getReadAt())
          .toException();
    }
    PageRead.Cut<PaymentEvent> cut = page.cut(routed, PaymentEvent::getVersion);
    return GetPaymentHistoryResponse.newBuilder()
        .addAllEvents(cut.elements())
        .setNextPageToken(cut.nextPageToken())
        .setRead(routed.read())
        .build();
  }
}
