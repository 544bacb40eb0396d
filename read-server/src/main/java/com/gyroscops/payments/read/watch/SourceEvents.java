package com.gyroscops.payments.read.watch;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.internal.v1.ConsistencyToken;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadOptions;
import java.util.List;
import java.util.Optional;

/** Events of the past from the best source that has them. */
public final class SourceEvents implements PastEvents {

  private final SourceRouter reads;

  public SourceEvents(SourceRouter reads) {
    this.reads = reads;
  }

  @Override
  public Page after(
      String organizationId, String paymentId, long position, String token, int limit) {
    Optional<String> payment = paymentId.isEmpty() ? Optional.empty() : Optional.of(paymentId);
    Routed<List<PaymentEvent>> found =
        reads.read(
            ReadOptions.newBuilder()
                .setConsistency(Consistency.newBuilder().setAtLeastAsFresh(token))
                .build(),
            Capability.EVENTS,
            source -> source.events(organizationId, payment, position, limit));
    List<PaymentEvent> events = found.value();
    ConsistencyToken readAt = ConsistencyTokens.decode(found.read().getReadAt()).orElseThrow();
    // A full page says nothing of what comes after it.
    long upTo = events.size() >= limit ? events.getLast().getPosition() : readAt.getPosition();
    return new Page(events, readAt.getEpoch(), upTo);
  }
}
