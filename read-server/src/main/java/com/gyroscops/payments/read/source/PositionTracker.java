package com.gyroscops.payments.read.source;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * What this replica last saw of where a source stands: a hint to wait on, never a promise. A store
 * that crashed may stand further back, so an answer's position is always that of its own snapshot.
 * For concurrent use.
 */
public final class PositionTracker {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private SourcePosition latest = SourcePosition.NOWHERE;

  /** Replaces what is known, also by a lower position. */
  public void publish(SourcePosition seen) {
    lock.lock();
    try {
      if (seen.equals(latest)) {
        return;
      }
      latest = seen;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    listeners.forEach(Runnable::run);
  }

  /**
   * Has {@code listener} run after every change from now on, on the thread that publishes it: it
   * must not block.
   */
  public void addListener(Runnable listener) {
    listeners.add(listener);
  }

  /** Ends what {@link #addListener} began. */
  public void removeListener(Runnable listener) {
    listeners.remove(listener);
  }

  /** What is known now. */
  public SourcePosition latest() {
    lock.lock();
    try {
      return latest;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until what is known satisfies {@code enough}.
   *
   * @return whether it did within {@code nanosMax}
   */
  public boolean await(Predicate<SourcePosition> enough, long nanosMax)
      throws InterruptedException {
    long left = nanosMax;
    lock.lockInterruptibly();
    try {
      while (!enough.test(latest)) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
