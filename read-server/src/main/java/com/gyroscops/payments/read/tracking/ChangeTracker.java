package com.gyroscops.payments.read.tracking;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.internal.v1.EventBatch;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.platform.retry.Backoff;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.FeedSubscription;
import com.gyroscops.payments.read.feed.FeedUnavailableException;
import com.gyroscops.payments.read.feed.HistoryDivergedException;
import com.gyroscops.payments.v1.PaymentEvent;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the feed from the log's head on, for nobody's data but to know what changed. One thread
 * of its own; it subscribes again, from where it stood, whenever the stream breaks.
 *
 * <p><b>Invariant:</b> a stretch has no gap: where the feed does not go on exactly where the
 * stretch ends, in the same history, another stretch begins, and nothing that was known counts any
 * more.
 */
public final class ChangeTracker implements Changes, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ChangeTracker.class);

  /** Name under which the relay keeps this follower's progress. */
  private static final String SOURCE = "tracker";

  /** How late changes are heard of at most, so that a busy log does not wake this for each. */
  private static final int GATHER_MILLIS = 5;

  private static final Duration BACKOFF_MIN = Duration.ofMillis(50);

  /** Short: while nothing is heard, no cached answer is given. */
  private static final Duration BACKOFF_MAX = Duration.ofSeconds(1);

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

  /** There is no earlier head that everything is not yet known of. */
  private static final long NONE = -1;

  private final FeedClient feed;
  private final String subscriber;
  private final LongSupplier nanoTime;
  private final InstantSource wallClock;
  private final List<Consumer<List<PaymentEvent>>> listeners = new CopyOnWriteArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = Thread.ofPlatform().name("tracker").daemon().unstarted(this::run);
  private volatile @Nullable ChangeWindow stretch;
  private volatile @Nullable FeedSubscription following;
  private volatile long headSeen;
  // Everything that was committed at that time, as far as the relay had said, is known.
  private volatile long knownNanos;
  private long pendingHead = NONE;
  private long pendingNanos;
  private boolean diverged;
  private int failures;

  /**
   * @param replica unique name of this replica
   * @param nanoTime a clock of arbitrary origin, in nanoseconds
   */
  public ChangeTracker(
      FeedClient feed,
      String replica,
      LongSupplier nanoTime,
      InstantSource wallClock,
      MeterRegistry meters) {
    this.feed = feed;
    this.subscriber = replica;
    this.nanoTime = nanoTime;
    this.wallClock = wallClock;
    knownNanos = nanoTime.getAsLong();
    Gauge.builder("payments.tracker.position", this, it -> it.positionNow())
        .description("Newest event that the change tracker has taken up")
        .register(meters);
    Gauge.builder("payments.tracker.events.behind", this, it -> it.behind())
        .description("Events that the change tracker knows of and has not taken up")
        .register(meters);
    Gauge.builder("payments.tracker.up", this, it -> it.isUp() ? 1 : 0)
        .description("1 while the change tracker hears the feed: cached answers are given")
        .register(meters);
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  @Override
  public @Nullable ChangeWindow current() {
    return stretch;
  }

  @Override
  public Duration silence() {
    return Duration.ofNanos(Math.max(0, nanoTime.getAsLong() - knownNanos));
  }

  @Override
  public void addListener(Consumer<List<PaymentEvent>> listener) {
    listeners.add(listener);
  }

  @Override
  public void close() {
    closing.countDown();
    FeedSubscription waitedFor = following;
    if (waitedFor != null) {
      waitedFor.wake();
    }
    try {
      thread.join(CLOSE_WAIT);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private long positionNow() {
    ChangeWindow now = stretch;
    return now == null ? 0 : now.position();
  }

  private long behind() {
    return Math.max(0, headSeen - positionNow());
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void run() {
    try {
      while (!isClosing()) {
        try {
          follow();
        } catch (HistoryDivergedException e) {
          LOG.warn("what is known of changes counts no more: {}", e.getMessage());
          forget();
          backOff(e);
        } catch (FeedUnavailableException e) {
          backOff(e);
        } catch (RuntimeException e) {
          LOG.atError().setCause(e).log("the change tracker failed unexpectedly");
          forget();
          backOff(e);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void forget() {
    stretch = null;
    diverged = true;
    listeners.forEach(it -> it.accept(List.of()));
  }

  private void follow()
      throws FeedUnavailableException, HistoryDivergedException, InterruptedException {
    ChangeWindow before = stretch;
    pendingHead = NONE;
    try (FeedSubscription subscription = feed.subscribe(start(before))) {
      following = subscription;
      EventBatch first = next(subscription).orElse(null);
      if (first == null) {
        return;
      }
      ChangeWindow now = tied(before, first);
      take(now, first, subscription);
      while (!isClosing()) {
        EventBatch batch = next(subscription).orElse(null);
        if (batch != null) {
          if (!now.logId().equals(batch.getLogId()) || !now.epoch().equals(batch.getEpoch())) {
            throw new FeedUnavailableException("the log's epoch changed within a stream");
          }
          take(now, batch, subscription);
        }
      }
    } finally {
      following = null;
    }
  }

  private SubscribeStart start(@Nullable ChangeWindow before) {
    SubscribeStart.Builder start =
        SubscribeStart.newBuilder()
            .setSubscriber(subscriber)
            .setSource(SOURCE)
            .setGatherMillis(GATHER_MILLIS);
    if (before == null) {
      return start.setAtHead(true).build();
    }
    if (before.position() > 0) {
      start
          .setEpoch(before.epoch())
          .setPosition(before.position())
          .setEventId(before.newestEventId());
    }
    return start.build();
  }

  /** Empty: closing. */
  private Optional<EventBatch> next(FeedSubscription subscription)
      throws FeedUnavailableException, HistoryDivergedException, InterruptedException {
    Optional<EventBatch> batch = subscription.next(SILENCE_MAX);
    if (batch.isEmpty() && !isClosing()) {
      throw subscription.silent(SILENCE_MAX);
    }
    return batch;
  }

  /** The stretch that a stream goes on with: the one before, if it follows on exactly. */
  private ChangeWindow tied(@Nullable ChangeWindow before, EventBatch first)
      throws HistoryDivergedException {
    Lineage lineage = Lineage.of(first.getEpoch(), first.getAncestorsList());
    LogHead head = new LogHead(first.getLogId(), lineage, first.getHead());
    if (before == null) {
      return begin(head, first.getHeadEventId());
    }
    if (!head.holds(before.logId(), before.epoch(), before.position())
        || head.position() < before.position()) {
      throw new HistoryDivergedException(
          "log %s, epoch %s, position %d became log %s, epoch %s, position %d"
              .formatted(
                  before.logId(),
                  before.epoch(),
                  before.position(),
                  head.logId(),
                  head.epoch(),
                  head.position()));
    }
    if (!before.epoch().equals(head.epoch())) {
      LOG.info("following changes from {} on in epoch {}", before.position(), head.epoch());
      before.continueIn(lineage);
    }
    return before;
  }

  private ChangeWindow begin(LogHead head, String eventId) {
    ChangeWindow begun =
        diverged
            ? ChangeWindow.afterDivergence(head, eventId, wallClock.millis())
            : ChangeWindow.from(head, eventId);
    stretch = begun;
    LOG.info("following changes from position {} of epoch {}", head.position(), head.epoch());
    listeners.forEach(it -> it.accept(List.of()));
    return begun;
  }

  private void take(ChangeWindow now, EventBatch batch, FeedSubscription subscription)
      throws FeedUnavailableException {
    headSeen = batch.getHead();
    List<PaymentEvent> events = following(now.position(), batch.getEventsList());
    if (!events.isEmpty()) {
      now.append(events);
      subscription.acknowledge(now.position());
    }
    note(now.position(), batch.getHead());
    if (!events.isEmpty()) {
      listeners.forEach(it -> it.accept(events));
    }
    if (failures > 0) {
      failures = 0;
      LOG.info("the feed is heard again, at {}", now.position());
    }
  }

  private static List<PaymentEvent> following(long position, List<PaymentEvent> events)
      throws FeedUnavailableException {
    if (events.isEmpty() || events.getFirst().getPosition() == position + 1) {
      return events;
    }
    // Those at or below were delivered before.
    List<PaymentEvent> rest = new ArrayList<>(events);
    rest.removeIf(it -> it.getPosition() <= position);
    if (!rest.isEmpty() && rest.getFirst().getPosition() > position + 1) {
      throw new FeedUnavailableException(
          "the stream skips from position " + position + " to " + rest.getFirst().getPosition());
    }
    return rest;
  }

  /** Under load there is always something to come: what counts is which head has been reached. */
  private void note(long position, long head) {
    long now = nanoTime.getAsLong();
    if (position >= head) {
      knownNanos = now;
      pendingHead = NONE;
      return;
    }
    if (pendingHead != NONE && position >= pendingHead) {
      knownNanos = pendingNanos;
      pendingHead = NONE;
    }
    if (pendingHead == NONE) {
      pendingHead = head;
      pendingNanos = now;
    }
  }

  /** Waits longer with each failure in a row. */
  private void backOff(Exception failure) throws InterruptedException {
    if (isClosing()) {
      return;
    }
    Duration delay = Backoff.delay(failures + 1, BACKOFF_MIN, BACKOFF_MAX);
    if (failures++ == 0) {
      LOG.warn("changes are not heard of: {}", failure.getMessage());
    } else {
      LOG.debug("changes are not heard of, failure {}", failures, failure);
    }
    closing.await(delay.toNanos(), TimeUnit.NANOSECONDS);
  }
}
