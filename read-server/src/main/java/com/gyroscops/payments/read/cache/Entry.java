package com.gyroscops.payments.read.cache;

import com.google.protobuf.MessageLite;
import com.gyroscops.payments.read.tracking.ChangeWindow;
import com.gyroscops.payments.v1.ReadSource;
import org.jspecify.annotations.Nullable;

/**
 * An answer that a source gave.
 *
 * @param stretch in which its position counts, as long as that holds it
 * @param epoch of the history that its position is of
 * @param position as of which it is the answer, or earlier
 * @param source that gave it
 * @param answer without where it came from; null: there is no such payment
 * @param lifetimeNanos how long it is kept at most
 */
record Entry(
    ChangeWindow stretch,
    String epoch,
    long position,
    ReadSource source,
    @Nullable MessageLite answer,
    long lifetimeNanos) {

  /** Whether its position is part of the history that its stretch follows now. */
  boolean isHeld() {
    return stretch.holds(stretch.logId(), epoch, position);
  }
}
