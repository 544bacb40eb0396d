package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.GetPaymentHistoryRequest;
import com.gyroscops.payments.v1.GetPaymentHistoryResponse;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadMetadata;
import java.util.List;

/** The events of one payment, oldest first, a page at a time. */
public final class GetPaymentHistory
    implements Query<GetPaymentHistoryRequest, GetPaymentHistoryResponse> {

  private final SourceRouter reads;
  private final PageTokens tokens;

  public GetPaymentHistory(SourceRouter reads, PageTokens tokens) {
    this.reads = reads;
    this.tokens = tokens;
  }

  @Override
  public String name() {
    return "GetPaymentHistory";
  }

  @Override
  public ReadMetadata readOf(GetPaymentHistoryResponse answer) {
    return answer.getRead();
  }

  @Override
  public GetPaymentHistoryResponse answer(GetPaymentHistoryRequest request) {
    Violations violations =
        new Violations()
            .organization("organization_id", request.getOrganizationId())
            .identifier("payment_id", request.getPaymentId());
    int size = PageTokens.size(violations, request.getPageSize());
    Freshness.check(violations, request.getReadOptions());
    violations.throwIfAny();

    PageRead page =
        PageRead.of(
            tokens,
            request.toBuilder().clearPageSize().clearPageToken().clearReadOptions().build(),
            size,
            request.getPageToken());
    Routed<List<PaymentEvent>> routed =
        page.read(
            request.getReadOptions(),
            options ->
                reads.read(
                    options,
                    Capability.HISTORY,
                    source ->
                        source.history(
                            request.getOrganizationId(),
                            request.getPaymentId(),
                            page.afterValue(),
                            page.fetch())));
    if (routed.value().isEmpty() && page.after().isEmpty()) {
      throw QueryErrors.paymentNotFound(
              request.getOrganizationId(), request.getPaymentId(), routed.read().getReadAt())
          .toException();
    }
    PageRead.Cut<PaymentEvent> cut =
        page.cut(routed.value(), routed.read().getReadAt(), PaymentEvent::getVersion, _ -> "");
    return GetPaymentHistoryResponse.newBuilder()
        .addAllEvents(cut.elements())
        .setNextPageToken(cut.nextPageToken())
        .setRead(routed.read())
        .build();
  }
}
