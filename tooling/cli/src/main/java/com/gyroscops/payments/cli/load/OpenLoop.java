package com.gyroscops.payments.cli.load;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
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
public record OpenLoop(int perSecond, LongSupplier clock, LongConsumer sleeper) {

  /** Receives the arrivals, in order, on the caller's thread. */
  @FunctionalInterface
  public interface Arrivals {
    /**
     * Takes one.
     *
     * @param dueNanos when it was to be sent; now or in the past
     */
    void arrive(int index, long dueNanos);
  }

  public OpenLoop {
    if (perSecond <= 0) {
      throw new IllegalArgumentException("a rate is positive, not " + perSecond);
    }
  }

  /** Number of arrivals within a time. */
  public int arrivals(Duration length) {
    return Math.toIntExact(length.toMillis() * perSecond / 1_000);
  }

  /**
   * When an arrival is due, after the start: computed from its number, so that no error adds up.
   */
  public long offsetNanos(int index) {
    return index * TimeUnit.SECONDS.toNanos(1) / perSecond;
  }

  /** Lets arrivals happen, those that are late at once, until their number is reached. */
  public void run(int count, Arrivals arrivals) {
    run(index -> index < count, arrivals);
  }

  /**
   * Likewise, as long as more are wanted.
   *
   * @param wanted whether the arrival of this number is; asked once for each, just before it is due
   */
  public void run(IntPredicate wanted, Arrivals arrivals) {
    long start = clock.getAsLong();
    for (int i = 0; wanted.test(i); i++) {
      long due = start + offsetNanos(i);
      for (long early = due - clock.getAsLong(); early > 0; early = due - clock.getAsLong()) {
        sleeper.accept(early);
      }
      arrivals.arrive(i, due);
    }
  }
}
