package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.PaymentKey;
import com.gyroscops.payments.read.source.Refusals;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a run of events does to the index, worked out before anything is written: the newest state
 * of each payment whose events follow on what is stored, and the events to park. Not for concurrent
 * use.
 */
final class RunPlan {

  final Map<PaymentKey, Payment> newest = new LinkedHashMap<>();
  final List<ParkedEvent> parked = new ArrayList<>();
  int accepted;

  private RunPlan() {}

  /**
   * @param events in order
   * @param stored what the index holds of their payments; absent: nothing
   * @param parkedBefore payments of which events are parked already
   */
  static RunPlan of(
      List<PaymentEvent> events, Map<PaymentKey, Payment> stored, Set<PaymentKey> parkedBefore) {
    RunPlan plan = new RunPlan();
    Set<PaymentKey> parking = new HashSet<>();
    for (PaymentEvent event : events) {
      PaymentKey key = PaymentKey.of(event);
      Payment changed = plan.newest.get(key);
      Payment before = changed == null ? stored.get(key) : changed;
      Optional<String> refusal =
          parkedBefore.contains(key) || parking.contains(key)
              ? Optional.of(Refusals.EARLIER_PARKED)
              : Refusals.of(event, before == null ? 0 : before.getVersion())
                  .or(() -> Documents.refusal(event.getPayment()));
      if (refusal.isPresent()) {
        parking.add(key);
        plan.parked.add(new ParkedEvent(event, refusal.get()));
      } else {
        plan.accepted++;
        plan.newest.put(key, event.getPayment());
      }
    }
    return plan;
  }

  /** Payments among those written that are not stored yet. */
  int created(Map<PaymentKey, Payment> stored) {
    return (int) newest.keySet().stream().filter(key -> !stored.containsKey(key)).count();
  }
}
