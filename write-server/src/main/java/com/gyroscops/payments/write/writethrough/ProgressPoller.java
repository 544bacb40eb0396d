package com.gyroscops.payments.write.writethrough;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.platform.retry.Reachability;
import com.gyroscops.payments.write.command.SharedSources;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.outbox.Rounds;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import java.time.Duration;
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
public final class ProgressPoller implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ProgressPoller.class);

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
  private final Rounds rounds;
  private final Reachability reads =
      new Reachability(
          LOG, "commands wait in vain for sources", "subscribers' progress can be read again");
  private boolean called;
  private long calledNanos;

  /**
   * @param store what {@code progress} writes to
   * @param present the log's history as far as it is known here
   * @param nanoTime as {@link System#nanoTime}
   */
  public ProgressPoller(
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
    rounds =
        new Rounds("progress-rounds", PAUSE_MIN, () -> isHasty() ? HASTE : LEISURE, this::round);
    progress.onHaste(rounds::wake);
    waits.onFirst(rounds::wake);
  }

  /** Starts the thread. */
  public ProgressPoller start() {
    rounds.start();
    return this;
  }

  @Override
  public void close() {
    rounds.close();
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
      reads.answered();
    } catch (StoreUnavailableException e) {
      reads.failed(e);
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
