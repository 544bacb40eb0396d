package com.gyroscops.payments.benchmarks;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Load that arrives at a constant rate, whatever became of what was sent before. Each arrival has a
 * time at which it was due, and delays count from there: a stall shows in everything that it held
 * up ("coordinated omission", G. Tene).
 *
 * @param perSecond arrivals per second
 * @param clock nanoseconds, as {@link System#nanoTime}
 * @param sleeper waits for about as many nanoseconds; may wake early
 */
record OpenLoop(int perSecond, LongSupplier clock, LongConsumer sleeper) {

  /** Receives the arrivals, in order, on the caller's thread. */
  @FunctionalInterface
  interface Arrivals {
    /**
     * Takes one.
     *
     * @param dueNanos when it was to be sent; now or in the past
     */
    void arrive(int index, long dueNanos);
  }

  OpenLoop {
    if (perSecond <= 0) {
      throw new IllegalArgumentException("a rate is positive, not " + perSecond);
    }
  }

  /** Number of arrivals within a time. */
  int arrivals(Duration length) {
    return Math.toIntExact(length.toMillis() * perSecond / 1_000);
  }

  /**
   * When an arrival is due, after the start: computed from its number, so that no error adds up.
   */
  long offsetNanos(int index) {
    return index * TimeUnit.SECONDS.toNanos(1) / perSecond;
  }

  /** Lets arrivals happen, those that are late at once, until their number is reached. */
  void run(int count, Arrivals arrivals) {
    long start = clock.getAsLong();
    for (int i = 0; i < count; i++) {
      long due = start + offsetNanos(i);
      for (long early = due - clock.getAsLong(); early > 0; early = due - clock.getAsLong()) {
        sleeper.accept(early);
      }
      arrivals.arrive(i, due);
    }
  }
}
