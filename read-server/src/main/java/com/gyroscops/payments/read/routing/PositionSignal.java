package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.read.source.PositionTracker;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Rings whenever one of several positions changes. For one thread, to wait on all of them. */
final class PositionSignal implements AutoCloseable {

  private final Semaphore rung = new Semaphore(0);
  private final Runnable ring = rung::release;
  private final List<PositionTracker> positions;

  PositionSignal(List<PositionTracker> positions) {
    this.positions = List.copyOf(positions);
    this.positions.forEach(it -> it.addListener(ring));
  }

  /** Waits for a change since the last wait, or since the start, at most {@code nanosMax}. */
  void await(long nanosMax) throws InterruptedException {
    if (rung.tryAcquire(nanosMax, TimeUnit.NANOSECONDS)) {
      rung.drainPermits();
    }
  }

  @Override
  public void close() {
    positions.forEach(it -> it.removeListener(ring));
  }
}
