package com.gyroscops.payments.read.source;

import com.google.protobuf.Timestamp;

/** Times as sources keep them: microseconds since 1970-01-01T00:00:00Z. */
public final class Micros {

  private static final long PER_SECOND = 1_000_000;
  private static final int NANOS_EACH = 1_000;

  private Micros() {}

  /** The microsecond in which a time lies. */
  public static long of(Timestamp time) {
    return time.getSeconds() * PER_SECOND + time.getNanos() / NANOS_EACH;
  }

  /**
   * The first whole microsecond at or after a time. As a bound, start or end, it divides whole
   * microseconds just as the time itself does.
   */
  public static long atOrAfter(Timestamp time) {
    return time.getSeconds() * PER_SECOND + Math.ceilDiv(time.getNanos(), NANOS_EACH);
  }
}
