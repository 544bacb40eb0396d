package com.gyroscops.payments.read.cache;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Leaves something alone that fails: after a few failures in a row one attempt at a time is
 * allowed, at longer and longer intervals, until one succeeds. For concurrent use.
 */
final class BackOff {

  /** Failures in a row that may be bad luck. */
  static final int FAILURES_MAX = 3;

  private static final Duration MIN = Duration.ofMillis(100);

  /** Soon enough after it is back, and a few milliseconds lost now and then until it is. */
  private static final Duration MAX = Duration.ofSeconds(2);

  private final LongSupplier nanoTime;
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicLong nextNanos;

  BackOff(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    nextNanos = new AtomicLong(nanoTime.getAsLong());
  }

  /** Whether to try now. */
  boolean mayTry() {
    int failed = failures.get();
    if (failed < FAILURES_MAX) {
      return true;
    }
    long now = nanoTime.getAsLong();
    long next = nextNanos.get();
    return now - next >= 0 && nextNanos.compareAndSet(next, now + interval(failed));
  }

  void succeeded() {
    if (failures.get() != 0) {
      failures.set(0);
    }
  }

  void failed() {
    int failed = failures.incrementAndGet();
    if (failed == FAILURES_MAX) {
      nextNanos.set(nanoTime.getAsLong() + interval(failed));
    }
  }

  private static long interval(int failed) {
    return Math.min(MAX.toNanos(), MIN.toNanos() << Math.min(16, failed - FAILURES_MAX));
  }
}
