package com.gyroscops.payments.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** Counts calls while a load runs. For concurrent use. */
final class Tally {

  /** Longer ones, which no call's deadline allows, are recorded as this long. */
  private static final long LATENCY_MAX = TimeUnit.MINUTES.toNanos(2);

  private static final int SIGNIFICANT_DIGITS = 3;

  private final ConcurrentHistogram latencies =
      new ConcurrentHistogram(LATENCY_MAX, SIGNIFICANT_DIGITS);
  private final LongAdder succeeded = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile String firstFailure = "";
  private final long startNanos = System.nanoTime();

  static Histogram newHistogram() {
    return new Histogram(LATENCY_MAX, SIGNIFICANT_DIGITS);
  }

  void succeeded(long latencyNanos) {
    latencies.recordValue(Math.clamp(latencyNanos, 0, LATENCY_MAX));
    succeeded.increment();
  }

  void failed(String why) {
    failed(1, why);
  }

  void failed(int calls, String why) {
    failed.add(calls);
    if (firstFailure.isEmpty()) {
      firstFailure = why; // Of several at the same time, any.
    }
  }

  long calls() {
    return succeeded.sum() + failed.sum();
  }

  /** Closes the books; all calls have ended. Tells people of the first failure. */
  Measurement result() {
    long nanos = System.nanoTime() - startNanos;
    if (failed.sum() > 0 && !Stack.isEnding()) {
      Progress.say("%d calls failed, the first with: %s", failed.sum(), firstFailure);
    }
    return new Measurement(succeeded.sum(), failed.sum(), nanos, latencies);
  }
}
