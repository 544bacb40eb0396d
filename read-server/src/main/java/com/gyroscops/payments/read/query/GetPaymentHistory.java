package com.gyroscops.payments.read.query;

import com.google.protobuf.ByteString;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.GetPaymentHistoryRequest;
import com.gyroscops.payments.v1.GetPaymentHistoryResponse;
import com.gyroscops.payments.v1.PageToken;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadMetadata;
import java.util.List;
import java.util.Optional;

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

    ByteString digest =
        PageTokens.digest(
            request.toBuilder().clearPageSize().clearPageToken().clearReadOptions().build());
    Optional<PageToken> token = tokens.read(digest, request.getPageToken());
    long after = token.map(PageToken::getSortValue).orElse(0L);
    Routed<List<PaymentEvent>> fresh =
        reads.read(
            request.getReadOptions(),
            Capability.HISTORY,
            source ->
                source.history(
                    request.getOrganizationId(), request.getPaymentId(), after, size + 1));
    List<PaymentEvent> found = fresh.value();
    if (found.isEmpty() && token.isEmpty()) {
      throw QueryErrors.paymentNotFound(
              request.getOrganizationId(), request.getPaymentId(), fresh.read().getReadAt())
          .toException();
    }
    List<PaymentEvent> page = Page.of(found, size);
    var response = GetPaymentHistoryResponse.newBuilder().addAllEvents(page).setRead(fresh.read());
    if (found.size() > page.size()) {
      response.setNextPageToken(tokens.write(digest, page.getLast().getVersion(), ""));
    }
    return response.build();
  }
}
