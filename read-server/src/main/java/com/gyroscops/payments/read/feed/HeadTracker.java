package com.gyroscops.payments.read.feed;

import com.gyroscops.payments.contract.LogHead;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers where the log's head was and when, so that a query can tell what was committed some
 * time ago. For concurrent use.
 *
 * <p>An observation's time is that of sending the question: everything committed before it is at or
 * below the head observed.
 */
public final class HeadTracker implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HeadTracker.class);

  /** Time between observations while queries need them. */
  private static final Duration INTERVAL = Duration.ofMillis(250);

  /** Time between observations otherwise, for the metrics alone. */
  private static final Duration IDLE_INTERVAL = Duration.ofSeconds(1);

  /** How long after a query that needed them observations stay frequent. */
  private static final Duration IN_USE = Duration.ofSeconds(30);

  /** Longest wait for the feed. */
  private static final Duration ANSWER_MAX = Duration.ofSeconds(1);

  /**
   * Most observations remembered. Above it every second one is forgotten, so that an hour still has
   * some and the newest minutes have many.
   */
  static final int OBSERVATIONS_MAX = 1_024;

  private record Observation(LogHead head, long sentNanos) {}

  private final FeedClient feed;
  private final LongSupplier nanoTime;
  private final Duration answerMax;
  private final Deque<Observation> observations = new ArrayDeque<>();
  // When the head was first seen where, oldest first, positions growing.
  private final Deque<Observation> grown = new ArrayDeque<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private @Nullable LogHead newest;
  private long neededNanos;
  private boolean failing;

  /**
   * A tracker that has observed nothing yet.
   *
   * @param nanoTime a clock of arbitrary origin, in nanoseconds
   */
  public HeadTracker(FeedClient feed, LongSupplier nanoTime) {
    this(feed, nanoTime, ANSWER_MAX);
  }

  /**
   * A tracker that has observed nothing yet.
   *
   * @param nanoTime a clock of arbitrary origin, in nanoseconds
   * @param answerMax longest wait for the feed
   */
  public HeadTracker(FeedClient feed, LongSupplier nanoTime, Duration answerMax) {
    this.feed = feed;
    this.nanoTime = nanoTime;
    this.answerMax = answerMax;
    neededNanos = nanoTime.getAsLong() - IN_USE.toNanos();
  }

  /** Observes from now on, until closed. */
  public void start() {
    Thread.ofVirtual().name("head-tracker").start(this::run);
  }

  private void run() {
    try {
      while (!closed.await(interval().toNanos(), TimeUnit.NANOSECONDS)) {
        observe();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void observe() {
    try {
      headNow();
      if (failing) {
        failing = false;
        LOG.info("the feed answers again");
      }
    } catch (FeedUnavailableException e) {
      if (!failing && closed.getCount() > 0) {
        failing = true;
        LOG.warn("{} (FEED_TARGETS); its head is not known until it does", e.getMessage());
      }
    }
  }

  private synchronized Duration interval() {
    long idle = nanoTime.getAsLong() - neededNanos;
    return idle < IN_USE.toNanos() ? INTERVAL : IDLE_INTERVAL;
  }

  /**
   * Asks for the head now, as long as the feed is waited for: everything committed before this call
   * is at or below it.
   */
  public LogHead headNow() throws FeedUnavailableException {
    return ask(limit());
  }

  /** Likewise, until a deadline at most. */
  public LogHead headNow(Deadline deadline) throws FeedUnavailableException {
    return ask(deadline.minimum(limit()));
  }

  private Deadline limit() {
    return Deadline.after(answerMax.toNanos(), TimeUnit.NANOSECONDS);
  }

  private LogHead ask(Deadline limit) throws FeedUnavailableException {
    long sent = nanoTime.getAsLong();
    LogHead head = feed.head(limit);
    record(head, sent);
    return head;
  }

  private synchronized void record(LogHead head, long sent) {
    // What is lost was never there. What was answered by an earlier history's server says nothing.
    if (!observations.isEmpty()
        && !observations.getLast().head().epoch().equals(head.epoch())
        && !observations.getLast().head().succeeds(head)) {
      observations.removeIf(it -> !isHeld(it, head));
    }
    if (observations.isEmpty()
        || (observations.getLast().sentNanos() - sent < 0
            && !observations.getLast().head().succeeds(head))) {
      observations.addLast(new Observation(head, sent));
      thin(observations);
    }
    seen(head);
  }

  /** Notes a head that came without a question: good for the metrics alone. */
  public synchronized void seen(LogHead head) {
    LogHead before = newest;
    if (before != null && before.succeeds(head)) {
      return;
    }
    if (before == null || !before.epoch().equals(head.epoch())) {
      grown.removeIf(it -> !isHeld(it, head));
    } else if (head.position() <= before.position()) {
      return;
    }
    newest = head;
    if (grown.isEmpty() || grown.getLast().head().position() < head.position()) {
      grown.addLast(new Observation(head, nanoTime.getAsLong()));
      thin(grown);
    }
  }

  /** The newest head seen; empty: none yet. */
  public synchronized Optional<LogHead> newest() {
    return Optional.ofNullable(newest);
  }

  /**
   * A head at or above everything committed up to {@code staleness} ago, the lowest known to be so;
   * empty: none is known.
   */
  public synchronized Optional<LogHead> headWithin(Duration staleness) {
    long now = nanoTime.getAsLong();
    neededNanos = now;
    for (Observation observation : observations) {
      if (now - observation.sentNanos() <= staleness.toNanos()) {
        return Optional.of(observation.head());
      }
    }
    return Optional.empty();
  }

  /**
   * How long ago the oldest event that a source has not applied was first known to be there.
   *
   * @param applied whether the source has applied everything up to a head
   */
  public synchronized Duration oldestUnapplied(Predicate<LogHead> applied) {
    Observation oldest = null;
    for (Iterator<Observation> newestFirst = grown.descendingIterator(); newestFirst.hasNext(); ) {
      Observation each = newestFirst.next();
      if (applied.test(each.head())) {
        break;
      }
      oldest = each;
    }
    return oldest == null
        ? Duration.ZERO
        : Duration.ofNanos(nanoTime.getAsLong() - oldest.sentNanos());
  }

  private static boolean isHeld(Observation observed, LogHead head) {
    LogHead it = observed.head();
    return head.holds(it.logId(), it.epoch(), it.position());
  }

  private static void thin(Deque<Observation> deque) {
    if (deque.size() > OBSERVATIONS_MAX) {
      List<Observation> all = new ArrayList<>(deque);
      deque.clear();
      for (int i = 0; i < all.size(); i++) {
        // The oldest and the newest stay.
        if (i % 2 == 0 || i == all.size() - 1) {
          deque.addLast(all.get(i));
        }
      }
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
