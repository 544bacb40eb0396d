package com.gyroscops.payments.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Watches the read database's checkpoint, by a connection and a thread of its own, and notes when
 * it moved. The moment noted is when the database had answered; the true one lies between the start
 * of the question before and then, which is the measuring error, always to the late side.
 */
final class LagProbe {

  /** Rest between two questions. A shorter one would take the processor from what it watches. */
  private static final Duration PAUSE = Duration.ofMillis(1);

  private final AppliedTimes times = new AppliedTimes();
  private final Histogram errorNanos = Tally.newHistogram();
  private final ReadCheckpoint checkpoint;
  private final Thread thread;
  private volatile long position;
  private volatile boolean stopping;
  private volatile @Nullable SQLException failure;

  private LagProbe(ReadCheckpoint checkpoint) {
    this.checkpoint = checkpoint;
    thread = Thread.ofPlatform().name("lag-probe").daemon().unstarted(this::watch);
  }

  static LagProbe start(Connection connection) throws SQLException {
    LagProbe probe = new LagProbe(new ReadCheckpoint(connection));
    probe.thread.start();
    return probe;
  }

  private void watch() {
    try (checkpoint) {
      long before = System.nanoTime();
      while (!stopping) {
        long start = System.nanoTime();
        long now = checkpoint.position();
        long end = System.nanoTime();
        if (times.seen(now, end)) {
          errorNanos.recordValue(Math.min(end - before, errorNanos.getHighestTrackableValue()));
          position = now;
        }
        before = start;
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    } catch (SQLException e) {
      failure = e;
    }
  }

  /**
   * Watches until a position is reached, then no more.
   *
   * @throws IllegalStateException if that takes longer than it may
   */
  AppliedTimes stopAt(long until, Duration patience) throws InterruptedException {
    long endNanos = System.nanoTime() + patience.toNanos();
    while (position < until && failure == null && System.nanoTime() < endNanos) {
      Thread.sleep(PAUSE);
    }
    stopping = true;
    thread.join();
    SQLException broken = failure;
    if (broken != null || position < until) {
      throw new IllegalStateException("seen up to " + position + " of " + until, broken);
    }
    return times;
  }

  /** By how much the times may be late: a percentile, in milliseconds; once stopped. */
  double errorMillis(double percentile) {
    return errorNanos.getValueAtPercentile(percentile) / (double) TimeUnit.MILLISECONDS.toNanos(1);
  }
}
