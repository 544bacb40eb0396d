package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.v1.PaymentEvent;
import java.io.Serial;

/** The log has a gap: what follows it must not be handed out. */
public final class LogNotDenseException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  private final String gap;

  private LogNotDenseException(String gap) {
    super(gap);
    this.gap = gap;
  }

  /** Between which positions. */
  String gap() {
    return gap;
  }

  /** The log's head is there, but an event before it is not. */
  static LogNotDenseException missing(long position, long head) {
    return new LogNotDenseException("the log ends at " + head + " but has no " + position);
  }

  /** Checks that an event follows a position. */
  static void check(long position, PaymentEvent next) {
    if (next.getPosition() != position + 1) {
      throw new LogNotDenseException(
          "after position " + position + " the log has " + next.getPosition());
    }
  }
}
