package com.gyroscops.payments.write.command;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.gyroscops.payments.write.payment.Payment;
import com.gyroscops.payments.write.payment.PaymentKey;
import org.jspecify.annotations.Nullable;

/**
 * States of payments that were lately in use. They may be out of date, as where another
 * write-server changed the payment: the event store checks the version of whatever was decided on
 * them.
 */
final class StateCache {

  /** What all states together may weigh, in bytes: an eighth of the smallest heap recommended. */
  private static final long WEIGHT_MAX = 64L * 1024 * 1024;

  /** What a state weighs at least, and a refund or a metadata pair besides: measured roughly. */
  private static final int STATE_WEIGHT = 1_024;

  private static final int PART_WEIGHT = 512;

  private final Cache<PaymentKey, Payment> states =
      Caffeine.newBuilder()
          .maximumWeight(WEIGHT_MAX)
          .weigher((PaymentKey _, Payment state) -> weight(state))
          .executor(Runnable::run)
          .build();

  @Nullable Payment get(PaymentKey key) {
    return states.getIfPresent(key);
  }

  void put(PaymentKey key, Payment state) {
    states.put(key, state);
  }

  void forget(PaymentKey key) {
    states.invalidate(key);
  }

  void clear() {
    states.invalidateAll();
  }

  private static int weight(Payment state) {
    return switch (state) {
      case Payment.Absent _ -> STATE_WEIGHT;
      case Payment.Existing existing -> {
        var description = existing.facts().description();
        int parts = description.metadata().size();
        if (existing instanceof Payment.Completed completed) {
          parts += completed.refunds().size();
        }
        yield STATE_WEIGHT + parts * PART_WEIGHT + 2 * description.text().length();
      }
    };
  }
}
