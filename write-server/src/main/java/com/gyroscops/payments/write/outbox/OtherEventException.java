package com.gyroscops.payments.write.outbox;

import java.io.Serial;
import java.util.Optional;

/** The log has another event at a position than the one that is to be gone on from. */
public final class OtherEventException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  private OtherEventException(long position, String expected, String found) {
    super("at position %d the log has event %s, and not %s".formatted(position, found, expected));
  }

  /**
   * Compares what is known of the event at a position.
   *
   * @param expected empty: anything will do
   * @param found empty: it is not known
   */
  static void check(long position, String expected, Optional<String> found)
      throws OtherEventException {
    if (!expected.isEmpty() && found.isPresent() && !found.get().equals(expected)) {
      throw new OtherEventException(position, expected, found.get());
    }
  }
}
