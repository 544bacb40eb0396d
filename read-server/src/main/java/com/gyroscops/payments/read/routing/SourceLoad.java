package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.read.source.Capability;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * How long a source can be expected to take: its latency of late for the kind of question, times
 * the questions it is at already. For concurrent use.
 *
 * <p>What was measured counts for less as time goes by, so that a source that was slow, and is not
 * asked for it, looks better and better until it is tried again.
 */
final class SourceLoad {

  /** Weight of the newest measurement: about the last ten count. */
  private static final double NEWEST = 0.2;

  /** Time in which an estimate that nothing confirms halves. */
  private static final Duration HALF_LIFE = Duration.ofSeconds(5);

  /** An answer within this time shows that a source works, however slowly. */
  private static final Duration LATELY = Duration.ofSeconds(1);

  private final LongSupplier nanoTime;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final Map<Capability, Latency> latencies = new EnumMap<>(Capability.class);
  private volatile long answeredNanos;

  /**
   * @param nanoTime a clock of arbitrary origin, in nanoseconds
   */
  SourceLoad(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    answeredNanos = nanoTime.getAsLong() - LATELY.toNanos();
    for (Capability kind : Capability.values()) {
      latencies.put(kind, new Latency());
    }
  }

  private static final class Latency {
    private double nanos;
    private long sinceNanos;
    private boolean known;

    private double at(long now) {
      double halvings = (double) (now - sinceNanos) / HALF_LIFE.toNanos();
      return known ? nanos * Math.pow(0.5, halvings) : 0;
    }

    private synchronized double estimate(long now) {
      return at(now);
    }

    private synchronized void observe(long now, long took) {
      nanos = known ? at(now) * (1 - NEWEST) + took * NEWEST : took;
      sinceNanos = now;
      known = true;
    }

    private synchronized void atLeast(long now, long took) {
      if (took > at(now)) {
        observe(now, took);
      }
    }
  }

  /** Takes note of a question put; {@link #ended} must follow. */
  void started() {
    inFlight.incrementAndGet();
  }

  /** Takes note that the source is done with a question, whatever came of it. */
  void ended() {
    inFlight.decrementAndGet();
  }

  /** Questions that the source is at. */
  int inFlight() {
    return inFlight.get();
  }

  /** Takes note of how long an answer took, in nanoseconds. */
  void answered(Capability kind, long nanos) {
    long now = nanoTime.getAsLong();
    answeredNanos = now;
    latency(kind).observe(now, nanos);
  }

  /** Whether a question, of whatever kind, was answered a moment ago. */
  boolean hasAnsweredLately() {
    return nanoTime.getAsLong() - answeredNanos < LATELY.toNanos();
  }

  /** Takes note that an answer would have taken longer than this, in nanoseconds. */
  void tookLonger(Capability kind, long nanos) {
    latency(kind).atLeast(nanoTime.getAsLong(), nanos);
  }

  /** What another question of this kind would take now, in nanoseconds. */
  double expectedNanos(Capability kind) {
    return latency(kind).estimate(nanoTime.getAsLong()) * (inFlight.get() + 1);
  }

  private Latency latency(Capability kind) {
    Latency latency = latencies.get(kind);
    if (latency == null) {
      throw new IllegalArgumentException("no latency of " + kind);
    }
    return latency;
  }
}
