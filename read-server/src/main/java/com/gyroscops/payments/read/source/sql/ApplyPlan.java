package com.gyroscops.payments.read.source.sql;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.read.source.Micros;
import com.gyroscops.payments.read.source.PaymentKey;
import com.gyroscops.payments.read.source.Refusals;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a run of events does to the model, worked out before anything is written: the events that
 * follow on what is stored, the newest state of each payment, the change of each rollup, and the
 * events to park. Not for concurrent use.
 */
final class ApplyPlan {

  /** What the model holds of a payment before the run. */
  record Stored(long version, int status) {}

  /** An event that the model refuses, or that follows one. */
  record Parked(PaymentEvent event, String reason) {}

  /** A rollup of payments. */
  record PaymentRollup(String organizationId, long bucketAt, String currency, int status) {}

  /** A rollup of refunds. */
  record RefundRollup(String organizationId, long bucketAt, String currency) {}

  /** Change of a rollup's count and sum. */
  static final class Delta {
    long count;
    BigInteger amount = BigInteger.ZERO;

    private void add(int sign, long minorUnits) {
      count += sign;
      BigInteger change = BigInteger.valueOf(minorUnits);
      amount = sign > 0 ? amount.add(change) : amount.subtract(change);
    }

    boolean isNothing() {
      return count == 0 && amount.signum() == 0;
    }
  }

  final List<PaymentEvent> accepted = new ArrayList<>();
  final Map<PaymentKey, PaymentEvent> newest = new LinkedHashMap<>();

  /** Payments whose words may have changed. */
  final Set<PaymentKey> worded = new LinkedHashSet<>();

  final Map<PaymentRollup, Delta> payments = new HashMap<>();
  final Map<RefundRollup, Delta> refunds = new HashMap<>();
  final List<Parked> parked = new ArrayList<>();

  private ApplyPlan() {}

  /**
   * @param events in order
   * @param stored what the model holds of their payments; absent: nothing
   * @param parkedBefore payments of which events are parked already
   */
  static ApplyPlan of(
      List<PaymentEvent> events, Map<PaymentKey, Stored> stored, Set<PaymentKey> parkedBefore) {
    ApplyPlan plan = new ApplyPlan();
    Map<PaymentKey, Stored> current = new HashMap<>(stored);
    Set<PaymentKey> parking = new HashSet<>(parkedBefore);
    for (PaymentEvent event : events) {
      PaymentKey key = PaymentKey.of(event);
      Stored before = current.get(key);
      Optional<String> refusal =
          parking.contains(key)
              ? Optional.of(Refusals.EARLIER_PARKED)
              : Refusals.of(event, before == null ? 0 : before.version());
      if (refusal.isPresent()) {
        parking.add(key);
        plan.parked.add(new Parked(event, refusal.get()));
      } else {
        plan.accept(key, event, before);
        current.put(key, new Stored(event.getVersion(), event.getPayment().getStatusValue()));
      }
    }
    return plan;
  }

  /** Parks all of the events. */
  static ApplyPlan parkingAll(List<PaymentEvent> events, String reason) {
    ApplyPlan plan = new ApplyPlan();
    events.forEach(event -> plan.parked.add(new Parked(event, reason)));
    return plan;
  }

  private void accept(PaymentKey key, PaymentEvent event, @Nullable Stored before) {
    accepted.add(event);
    newest.put(key, event);
    if (event.hasCreated() || event.hasUpdated() || event.hasProcessed()) {
      worded.add(key);
    }
    Payment payment = event.getPayment();
    if (before == null || before.status() != payment.getStatusValue()) {
      if (before != null) {
        rollup(payment, before.status()).add(-1, payment.getAmount().getMinorUnits());
      }
      rollup(payment, payment.getStatusValue()).add(1, payment.getAmount().getMinorUnits());
    }
    if (event.hasRefunded()) {
      var amount = event.getRefunded().getRefund().getAmount();
      RefundRollup rollup =
          new RefundRollup(
              event.getOrganizationId(),
              SqlTotals.bucketOf(Micros.of(refundTime(event))),
              amount.getCurrencyCode());
      refunds.computeIfAbsent(rollup, _ -> new Delta()).add(1, amount.getMinorUnits());
    }
  }

  private Delta rollup(Payment payment, int status) {
    PaymentRollup rollup =
        new PaymentRollup(
            payment.getOrganizationId(),
            SqlTotals.bucketOf(Micros.of(payment.getEffectiveTime())),
            payment.getAmount().getCurrencyCode(),
            status);
    return payments.computeIfAbsent(rollup, _ -> new Delta());
  }

  /** Business time of the refund that an event records. */
  static Timestamp refundTime(PaymentEvent event) {
    var refund = event.getRefunded().getRefund();
    return refund.hasEffectiveTime() ? refund.getEffectiveTime() : event.getEffectiveTime();
  }
}
