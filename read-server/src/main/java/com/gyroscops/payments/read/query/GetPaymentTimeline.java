package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.GetPaymentTimelineRequest;
import com.gyroscops.payments.v1.GetPaymentTimelineResponse;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;

/**
 * The events of an organization's payments that share a correlation id, in the order of their
 * commits, a page at a time.
 */
public final class GetPaymentTimeline
    extends SourceQuery<GetPaymentTimelineRequest, GetPaymentTimelineResponse> {

  private final PageTokens tokens;

  public GetPaymentTimeline(SourceRouter reads, PageTokens tokens) {
    super(reads, GetPaymentTimelineResponse::getRead, null);
    this.tokens = tokens;
  }

  @Override
  public GetPaymentTimelineResponse answer(GetPaymentTimelineRequest request) {
    Violations violations =
        new Violations()
            .organization("organization_id", request.getOrganizationId())
            .identifier("correlation_id", request.getCorrelationId());
    PageRead page = PageRead.of(tokens, request, violations);
    Routed<List<PaymentEvent>> routed =
        page.read(
            reads,
            request.getReadOptions(),
            Capability.TIMELINE,
            source ->
                source.timeline(
                    request.getOrganizationId(),
                    request.getCorrelationId(),
                    page.afterValue(),
                    page.fetch()));
    PageRead.Cut<PaymentEvent> cut = page.cut(routed, PaymentEvent::getPosition);
    return GetPaymentTimelineResponse.newBuilder()
        .addAllEvents(cut.elements())
        .setNextPageToken(cut.nextPageToken())
        .setRead(routed.read())
        .build();
  }
}
