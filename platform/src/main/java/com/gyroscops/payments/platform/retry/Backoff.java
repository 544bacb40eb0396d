package com.gyroscops.payments.platform.retry;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Waits between attempts: doubling, with jitter, so that callers do not come back in step. */
public final class Backoff {

  private static final int DOUBLINGS_MAX = 16;

  private Backoff() {}

  /**
   * Wait after the {@code attempt}th failure in a row, from 1: half of the doubled time to all of
   * it, which is {@code max} at most, but where {@code min} is more.
   */
  public static Duration delay(int attempt, Duration min, Duration max) {
    long doubled = min.toNanos() << Math.min(attempt - 1, DOUBLINGS_MAX);
    long whole = Math.min(doubled, Math.max(min.toNanos(), max.toNanos()));
    return Duration.ofNanos(whole / 2 + ThreadLocalRandom.current().nextLong(whole / 2 + 1));
  }
}
