package com.gyroscops.payments.write.through;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.write.command.SharedSources;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what subscribers of this server say, and looks at what those of all servers said while
 * somebody here waits for it. One thread, so that one of either is under way at a time.
 *
 * <p>It goes round at leisure as long as nobody waits anywhere. Who waits calls all servers to
 * haste; an acknowledgement is then at the latest two rounds away from those who wait for it, one
 * of the server that it came to and one of theirs.
 */
public final class ProgressRounds implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ProgressRounds.class);

  /** Time between rounds while nobody waits. */
  static final Duration LEISURE = Duration.ofMillis(200);

  /** Time between rounds while somebody waits, if nothing is said to this server. */
  static final Duration HASTE = Duration.ofMillis(10);

  /** Least time between rounds, so that the database does other things on the whole. */
  static final Duration PAUSE_MIN = Duration.ofMillis(5);

  /**
   * Time between calls for haste: each takes a lock that appends take too, and lasts longer than
   * this.
   */
  static final Duration CALL_EVERY = Duration.ofSeconds(2);

  private final SubscriberProgress progress;
  private final SubscriberProgress.Store store;
  private final SourceWaits waits;
  private final Supplier<Lineage> present;
  private final LongSupplier nanoTime;
  private final Semaphore wakeUps = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closing;
  private boolean reachable = true;
  private boolean called;
  private long calledNanos;

  /**
   * @param store what {@code progress} writes to
   * @param present the log's history as far as it is known here
   * @param nanoTime as {@link System#nanoTime}
   */
  public ProgressRounds(
      SubscriberProgress progress,
      SubscriberProgress.Store store,
      SourceWaits waits,
      Supplier<Lineage> present,
      LongSupplier nanoTime) {
    this.progress = progress;
    this.store = store;
    this.waits = waits;
    this.present = present;
    this.nanoTime = nanoTime;
    thread = Thread.ofPlatform().name("progress-rounds").unstarted(this::run);
    progress.onHaste(this::wake);
    waits.onFirst(this::wake);
  }

  /** Starts the thread. */
  public ProgressRounds start() {
    thread.start();
    return this;
  }

  @Override
  public void close() {
    closing = true;
    wake();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void wake() {
    wakeUps.release();
  }

  private void run() {
    while (!closing) {
      try {
        round();
      } catch (RuntimeException e) {
        LOG.error("a look at subscribers' progress failed; it is tried again", e);
      }
      try {
        Thread.sleep(PAUSE_MIN);
        Duration pause = isHasty() ? HASTE : LEISURE;
        if (wakeUps.tryAcquire(pause.minus(PAUSE_MIN).toMillis(), TimeUnit.MILLISECONDS)) {
          wakeUps.drainPermits();
        }
      } catch (InterruptedException e) {
        LOG.warn("subscribers' progress: interrupted; it goes on until closed");
      }
    }
  }

  /** Whether the next round is due soon. */
  boolean isHasty() {
    return waits.count() > 0 || progress.isHurried();
  }

  /** One round. */
  void round() {
    try {
      if (waits.count() > 0) {
        callForHaste();
      }
      progress.flush();
      if (waits.count() > 0) {
        waits.settle(store.standings(SharedSources.NAMES), present.get());
      }
      if (!reachable) {
        LOG.info("subscribers' progress can be read again");
      }
      reachable = true;
    } catch (StoreUnavailableException e) {
      if (reachable) {
        LOG.warn("commands wait in vain for sources: {}", e.getMessage());
      }
      reachable = false;
      waits.expire();
    }
  }

  private void callForHaste() {
    long now = nanoTime.getAsLong();
    if (!called || now - calledNanos >= CALL_EVERY.toNanos()) {
      // Here it need not come by way of the store, nor at all.
      progress.hurry();
      store.callForHaste();
      called = true;
      calledNanos = now;
    }
  }
}
