package com.gyroscops.payments.read.query;

import com.google.protobuf.ByteString;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.GetPaymentTimelineRequest;
import com.gyroscops.payments.v1.GetPaymentTimelineResponse;
import com.gyroscops.payments.v1.PageToken;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadMetadata;
import java.util.List;

/**
 * The events of an organization's payments that share a correlation id, in the order of their
 * commits, a page at a time.
 */
public final class GetPaymentTimeline
    implements Query<GetPaymentTimelineRequest, GetPaymentTimelineResponse> {

  private final SourceRouter reads;
  private final PageTokens tokens;

  public GetPaymentTimeline(SourceRouter reads, PageTokens tokens) {
    this.reads = reads;
    this.tokens = tokens;
  }

  @Override
  public String name() {
    return "GetPaymentTimeline";
  }

  @Override
  public ReadMetadata readOf(GetPaymentTimelineResponse answer) {
    return answer.getRead();
  }

  @Override
  public GetPaymentTimelineResponse answer(GetPaymentTimelineRequest request) {
    Violations violations =
        new Violations()
            .organization("organization_id", request.getOrganizationId())
            .identifier("correlation_id", request.getCorrelationId());
    int size = PageTokens.size(violations, request.getPageSize());
    Freshness.check(violations, request.getReadOptions());
    violations.throwIfAny();

    ByteString digest =
        PageTokens.digest(
            request.toBuilder().clearPageSize().clearPageToken().clearReadOptions().build());
    long after =
        tokens.read(digest, request.getPageToken()).map(PageToken::getSortValue).orElse(0L);
    Routed<List<PaymentEvent>> fresh =
        reads.read(
            request.getReadOptions(),
            Capability.TIMELINE,
            source ->
                source.timeline(
                    request.getOrganizationId(), request.getCorrelationId(), after, size + 1));
    List<PaymentEvent> found = fresh.value();
    List<PaymentEvent> page = Page.of(found, size);
    var response = GetPaymentTimelineResponse.newBuilder().addAllEvents(page).setRead(fresh.read());
    if (found.size() > page.size()) {
      response.setNextPageToken(tokens.write(digest, page.getLast().getPosition(), ""));
    }
    return response.build();
  }
}
