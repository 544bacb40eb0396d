package com.gyroscops.payments.write.eventstore;

import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.List;
import java.util.UUID;

/**
 * Commands for one payment, decided one after the other on top of one version of it.
 *
 * @param baseVersion version the first of them was decided on; 0: the payment was absent
 * @param entries in their order; not empty
 */
public record Chain(PaymentKey key, long baseVersion, List<Entry> entries) {

  public Chain {
    entries = List.copyOf(entries);
    if (entries.isEmpty()) {
      throw new IllegalArgumentException("an empty chain");
    }
  }

  /** A command and what was decided. */
  public sealed interface Entry {

    /** It is allowed: store its event and the request with it. */
    record Accepted(UUID requestKey, UUID requestHash, PaymentEvent event) implements Entry {}

    /** It is refused for good: store the request with this answer. */
    record Rejected(UUID requestKey, UUID requestHash, CommandError error) implements Entry {}

    /** It is refused for now: store nothing, but only if the request is unknown does that hold. */
    record Refused(UUID requestKey) implements Entry {}

    /** It only asks: store nothing; its request is not looked up. */
    record Asked() implements Entry {}
  }
}
