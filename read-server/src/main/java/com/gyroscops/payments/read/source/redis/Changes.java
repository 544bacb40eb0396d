package com.gyroscops.payments.read.source.redis;

import com.gyroscops.payments.read.source.PaymentKey;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run of events does to the documents, split into steps short enough for Redis, which does
 * nothing else meanwhile.
 */
final class Changes {

  /**
   * Most documents one script writes. Each took 2.5 µs with Redis 6.2, so Redis does nothing else
   * for 0.6 ms; from 64 on a longer script is no cheaper per document.
   */
  static final int STEP_EVENTS_MAX = 256;

  /** Most bytes of states, before compression, that one script gets unless one alone has more. */
  static final int STEP_BYTES_MAX = 1024 * 1024;

  private static final byte[] DROP = {};

  /** A payment's events in one step, of which each but the first follows on the one before. */
  private record Chain(long firstVersion, PaymentEvent newest, boolean broken) {

    Chain then(PaymentEvent event) {
      if (event.getVersion() <= newest.getVersion()) {
        return this;
      }
      boolean follows = event.getVersion() == newest.getVersion() + 1;
      return new Chain(firstVersion, event, broken || !follows || !carriesState(event));
    }
  }

  /**
   * One payment's change in one step.
   *
   * @param firstVersion lowest version among the events; what is stored must not be further back
   *     than the version before
   * @param document the state after them; no bytes: what is stored is of no use any more
   * @param heldMillis how long it is held; 0: not at all
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Change(
      String organizationId,
      String paymentId,
      long firstVersion,
      byte[] document,
      long heldMillis) {}

  /** What one script does: the changes, and then the position of its last event. */
  record Step(List<Change> changes, PaymentEvent last) {}

  private Changes() {}

  /** Steps that together cover the events, in order. */
  static List<Step> of(List<PaymentEvent> events, Holding holding) {
    List<Step> steps = new ArrayList<>();
    int start = 0;
    int bytes = 0;
    for (int i = 0; i < events.size(); i++) {
      int size = events.get(i).getPayment().getSerializedSize();
      if (i > start && (i - start == STEP_EVENTS_MAX || bytes + size > STEP_BYTES_MAX)) {
        steps.add(step(events.subList(start, i), holding));
        start = i;
        bytes = 0;
      }
      bytes += size;
    }
    steps.add(step(events.subList(start, events.size()), holding));
    return steps;
  }

  private static Step step(List<PaymentEvent> events, Holding holding) {
    Map<PaymentKey, Chain> chains = new LinkedHashMap<>();
    for (PaymentEvent event : events) {
      chains.compute(
          PaymentKey.of(event),
          (PaymentKey _, @Nullable Chain chain) ->
              chain == null
                  ? new Chain(event.getVersion(), event, !carriesState(event))
                  : chain.then(event));
    }
    List<Change> changes = new ArrayList<>(chains.size());
    chains.forEach((key, chain) -> {
      Payment newest = chain.newest().getPayment();
      // What is broken may not say how it is to be held; it is dropped whatever that would be.
      long heldMillis = chain.broken() ? 1 : holding.millis(newest);
      changes.add(
          new Change(
              key.organizationId(),
              key.paymentId(),
              chain.firstVersion(),
              chain.broken() || heldMillis == 0
                  ? DROP
                  : PaymentDocument.encode(newest, chain.newest().getPosition()),
              heldMillis));
    });
    return new Step(changes, events.getLast());
  }

  private static boolean carriesState(PaymentEvent event) {
    Payment payment = event.getPayment();
    return event.hasPayment()
        && payment.getVersion() == event.getVersion()
        && payment.getOrganizationId().equals(event.getOrganizationId())
        && payment.getPaymentId().equals(event.getPaymentId());
  }
}
