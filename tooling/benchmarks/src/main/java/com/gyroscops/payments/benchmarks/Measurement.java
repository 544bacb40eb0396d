package com.gyroscops.payments.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What came of a load.
 *
 * @param succeeded number of calls that did what they should; only they count as throughput and
 *     have latencies
 * @param failed number of all others
 * @param nanos from the start of the first call to the end of the last one
 * @param latencies of calls that succeeded, in nanoseconds; read only
 */
record Measurement(long succeeded, long failed, long nanos, Histogram latencies) {

  Measurement {
    if (nanos <= 0) {
      throw new IllegalArgumentException("a load takes time, not " + nanos + " ns");
    }
  }

  /** Calls that succeeded, per second. */
  double perSecond() {
    return succeeded * (double) TimeUnit.SECONDS.toNanos(1) / nanos;
  }

  /** Latency that a share of the calls did not exceed, in milliseconds. */
  double percentileMillis(double percentile) {
    return latencies.getValueAtPercentile(percentile) / 1e6;
  }

  double maxMillis() {
    return latencies.getMaxValue() / 1e6;
  }

  /** Several loads as if they had been one, the pauses between them left out. */
  static Measurement sum(List<Measurement> parts) {
    Histogram latencies = Tally.newHistogram();
    parts.forEach(part -> latencies.add(part.latencies));
    return new Measurement(
        parts.stream().mapToLong(Measurement::succeeded).sum(),
        parts.stream().mapToLong(Measurement::failed).sum(),
        parts.stream().mapToLong(Measurement::nanos).sum(),
        latencies);
  }
}
