package com.gyroscops.payments.write.eventstore;

import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.UUID;

/** A request that was decided before. */
public sealed interface KnownRequest {

  /** Digest of the command that first used the request's id. */
  UUID requestHash();

  /**
   * It was allowed.
   *
   * @param epoch of the log, in the same snapshot as the event
   * @param event its event, position included
   */
  record Accepted(UUID requestHash, String epoch, PaymentEvent event) implements KnownRequest {}

  /** It was refused, with this answer. */
  record Rejected(UUID requestHash, CommandError error) implements KnownRequest {}
}
