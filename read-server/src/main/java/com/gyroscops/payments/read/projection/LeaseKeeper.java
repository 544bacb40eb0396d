package com.gyroscops.payments.read.projection;

import com.gyroscops.payments.read.source.SourceUnavailableException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews a lease beside the work that it is for, which must not wait for the database that keeps
 * leases. A lease that cannot be renewed counts as held: until another takes it nothing else can
 * work, and once it has, the source refuses whatever comes under the older fence. A holder that
 * makes no progress is not helped to keep it.
 */
final class LeaseKeeper implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

  private final ProjectionLease lease;
  private final long fence;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile long progressNanos = System.nanoTime();
  private volatile boolean lost;

  private LeaseKeeper(ProjectionLease lease, long fence, String sourceName) {
    this.lease = lease;
    this.fence = fence;
    thread = Thread.ofVirtual().name("lease-" + sourceName).unstarted(this::run);
  }

  /** Keeps a lease that was just taken. */
  static LeaseKeeper start(ProjectionLease lease, long fence, String sourceName) {
    LeaseKeeper keeper = new LeaseKeeper(lease, fence, sourceName);
    keeper.thread.start();
    return keeper;
  }

  /** Whether another has it. To be called at each step of the work: it counts as progress. */
  boolean isLost() {
    progressNanos = System.nanoTime();
    return lost;
  }

  private void run() {
    try {
      while (!lost && !closed.await(ProjectionLease.RENEW_EVERY.toNanos(), TimeUnit.NANOSECONDS)) {
        if (System.nanoTime() - progressNanos < ProjectionLease.TTL.toNanos()) {
          renew();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void renew() {
    try {
      lost = !lease.renew(fence);
    } catch (SourceUnavailableException e) {
      LOG.debug("{}: not renewed", thread.getName(), e);
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("{}: not renewed", thread.getName());
    }
  }

  /** Renews no more, so that the lease can be given up. */
  @Override
  public void close() {
    closed.countDown();
    try {
      thread.join(CLOSE_WAIT);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
