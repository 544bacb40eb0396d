package com.gyroscops.payments.read.projection;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.internal.v1.EventBatch;
import com.gyroscops.payments.internal.v1.SubscribeAck;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.platform.retry.Backoff;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.FeedSubscription;
import com.gyroscops.payments.read.feed.FeedUnavailableException;
import com.gyroscops.payments.read.feed.HistoryDivergedException;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PositionTracker;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.v1.PaymentEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one source in step with the log, while this replica holds the source's lease: subscribes
 * from where the source stands, applies what comes, acknowledges what is applied. One thread does
 * all of it; a failure of feed or source delays this source alone.
 *
 * <p>What it acknowledges, commands of the write side may rely on (WRITE_THROUGH): as visible
 * counts only what readers of the source see already. It says so again after each look at the
 * store, and whenever it finds the store further back than it said, it ends the subscription, which
 * takes back all that was said in it.
 *
 * <p>What it believes of the source's position it reads from the source anew after every failure.
 */
public final class Projector implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Projector.class);

  /**
   * Most events applied in one transaction: beyond it a larger one is no cheaper per event, but
   * holds up whoever waits for its first.
   */
  static final int RUN_EVENTS_MAX = 4_096;

  /** Silence after which a stream counts as broken; the relay speaks once a second at least. */
  private static final Duration SILENCE_MAX = Duration.ofSeconds(5);

  /** Time between looks at the store, for one that was emptied does not say so by itself. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  /** Time between attempts to take a lease that another holds. */
  private static final Duration LEASE_POLL = Duration.ofMillis(250);

  private static final Duration BACKOFF_MIN = Duration.ofMillis(50);

  /** Long enough not to press a store that is down, short enough to be back soon after it. */
  private static final Duration BACKOFF_MAX = Duration.ofSeconds(2);

  /** What an event was parked for may have been mended meanwhile. */
  private static final Duration RETRY_PARKED_EVERY = Duration.ofMinutes(1);

  /** How long closing waits for a transaction under way. */
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

  /** Why the work under a lease ended. */
  private enum End {
    CLOSED,
    LEASE_LOST,
    PARKING_FULL
  }

  private final PaymentSource source;
  private final String sourceName;
  private final FeedClient feed;
  private final ProjectionLease lease;
  private final String subscriber;
  private final PositionTracker known;
  private final PositionTracker visible;
  private final ProjectionMeters meters;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean stopped;
  private volatile boolean projecting;
  private volatile @Nullable FeedSubscription following;
  private int failures;
  private SubscribeAck said = SubscribeAck.getDefaultInstance();
  private long parkedTriedNanos;
  private long sessions;

  /**
   * @param sourceName the source's name on the feed and of its lease
   * @param subscriber unique name of this replica
   * @param known told of every position reached
   * @param visible where readers of the source stand, which may be behind; {@code known} itself
   *     where they see at once what is applied
   */
  Projector(
      PaymentSource source,
      String sourceName,
      FeedClient feed,
      ProjectionLease lease,
      String subscriber,
      PositionTracker known,
      PositionTracker visible,
      ProjectionMeters meters) {
    this.source = source;
    this.sourceName = sourceName;
    this.feed = feed;
    this.lease = lease;
    this.subscriber = subscriber;
    this.known = known;
    this.visible = visible;
    this.meters = meters;
    if (visible != known) {
      visible.addListener(this::wake);
    }
    thread = Thread.ofPlatform().name("projector-" + sourceName).daemon().unstarted(this::run);
  }

  /**
   * A projector whose lease is kept in the read database.
   *
   * @param known told of every position reached
   * @param visible where readers of the source stand, which may be behind; else the same
   */
  public static Projector leased(
      PaymentSource source,
      String sourceName,
      FeedClient feed,
      LeaseRepository leases,
      String replica,
      PositionTracker known,
      PositionTracker visible,
      ProjectionMeters meters) {
    return new Projector(
        source,
        sourceName,
        feed,
        new DatabaseLease(leases, sourceName, replica),
        replica,
        known,
        visible,
        meters);
  }

  /** A projector of a source that only this replica has; it needs no lease. */
  public static Projector own(
      PaymentSource source,
      String sourceName,
      FeedClient feed,
      String replica,
      PositionTracker known,
      ProjectionMeters meters) {
    return new Projector(source, sourceName, feed, new OwnLease(), replica, known, known, meters);
  }

  /** Whether its source is one that other replicas may project. */
  boolean isShared() {
    return !(lease instanceof OwnLease);
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  /** Whether it gave up, because too many events would have to be parked. */
  public boolean hasGivenUp() {
    return stopped;
  }

  /** Whether this replica is the one that keeps the source in step. */
  public boolean isProjecting() {
    return projecting;
  }

  /** Stops after the transaction under way and gives the lease up. */
  @Override
  public void close() {
    closing.countDown();
    wake();
    try {
      thread.join(CLOSE_WAIT);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void wake() {
    FeedSubscription waitedFor = following;
    if (waitedFor != null) {
      waitedFor.wake();
    }
  }

  private void run() {
    try {
      while (!isClosing()) {
        try {
          if (lead() == End.PARKING_FULL) {
            return;
          }
        } catch (RuntimeException e) {
          LOG.atError().setCause(e).log("projection of {} failed unexpectedly", sourceName);
          backOff(e);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (Error e) {
      stopped = true;
      LOG.atError().setCause(e).log("the projector of {} has died", sourceName);
      throw e;
    }
  }

  /** Takes the lease, or waits a little for it, and works until it ends. */
  private End lead() throws InterruptedException {
    OptionalLong fence = take();
    if (fence.isEmpty()) {
      closing.await(LEASE_POLL.toNanos(), TimeUnit.NANOSECONDS);
      return End.LEASE_LOST;
    }
    LOG.info("projecting {} under fence {}", sourceName, fence.getAsLong());
    projecting = true;
    meters.leaseHeld(true);
    try {
      End end = hold(fence.getAsLong());
      LOG.info("no longer projecting {}: {}", sourceName, end);
      return end;
    } finally {
      projecting = false;
      meters.leaseHeld(false);
    }
  }

  private OptionalLong take() throws InterruptedException {
    try {
      return lease.take();
    } catch (SourceUnavailableException e) {
      backOff(e);
      return OptionalLong.empty();
    }
  }

  /** Works under one fence until it ends, whatever fails meanwhile. */
  private End hold(long fence) throws InterruptedException {
    try (LeaseKeeper keeper = LeaseKeeper.start(lease, fence, sourceName)) {
      while (!isClosing()) {
        try {
          Optional<End> end = project(fence, keeper);
          if (end.isPresent()) {
            return end.get();
          }
        } catch (SourceUnavailableException | FeedUnavailableException e) {
          if (!isClosing()) {
            backOff(e);
          }
        }
        if (keeper.isLost()) {
          return End.LEASE_LOST;
        }
      }
      return End.CLOSED;
    } finally {
      release(fence);
    }
  }

  private void release(long fence) {
    try {
      lease.release(fence);
    } catch (SourceUnavailableException e) {
      LOG.info("the lease of {} will expire by itself: {}", sourceName, e.getMessage());
    }
  }

  /** One subscription, from where the source stands now. Empty: begin anew. */
  private Optional<End> project(long fence, LeaseKeeper keeper)
      throws SourceUnavailableException, FeedUnavailableException, InterruptedException {
    Optional<SourcePosition> taken = source.takeOver(fence);
    if (taken.isPresent() && taken.get().parked() > 0) {
      parkedTriedNanos = System.nanoTime();
      taken = source.retryParked(fence);
    }
    if (taken.isEmpty()) {
      return Optional.of(End.LEASE_LOST);
    }
    SourcePosition at = taken.get();
    known.publish(at);
    try (FeedSubscription subscription = feed.subscribe(start(at, fence))) {
      following = subscription;
      return follow(subscription, fence, keeper, at);
    } catch (HistoryDivergedException e) {
      LOG.warn("{} starts over, for its history is not the log's: {}", sourceName, e.getMessage());
      Optional<SourcePosition> emptied = source.startOver(fence);
      emptied.ifPresent(known::publish);
      return emptied.isPresent() ? Optional.empty() : Optional.of(End.LEASE_LOST);
    } finally {
      following = null;
    }
  }

  private SubscribeStart start(SourcePosition at, long fence) {
    boolean fromStart = at.position() == 0;
    return SubscribeStart.newBuilder()
        .setSubscriber(subscriber)
        .setSource(sourceName)
        .setAtHead(at.epoch().isEmpty() && source.startsAtHead())
        .setEpoch(fromStart ? "" : at.epoch())
        .setPosition(at.position())
        .setEventId(at.eventId())
        .setFence(fence)
        .setSession(++sessions)
        .setGatherMillis(Math.toIntExact(source.runEvery().toMillis()))
        .build();
  }

  private Optional<End> follow(
      FeedSubscription subscription, long fence, LeaseKeeper keeper, SourcePosition start)
      throws SourceUnavailableException,
          FeedUnavailableException,
          HistoryDivergedException,
          InterruptedException {
    SourcePosition at = start;
    boolean tied = false;
    said = SubscribeAck.getDefaultInstance();
    long heardNanos = System.nanoTime();
    long lookedNanos = heardNanos;
    while (!isClosing()) {
      if (keeper.isLost()) {
        return Optional.of(End.LEASE_LOST);
      }
      if (at.parked() > 0 && System.nanoTime() - parkedTriedNanos > RETRY_PARKED_EVERY.toNanos()) {
        return Optional.empty();
      }
      Optional<EventBatch> first = subscription.next(ProjectionLease.RENEW_EVERY);
      if (first.isEmpty()) {
        if (System.nanoTime() - heardNanos > SILENCE_MAX.toNanos()) {
          throw subscription.silent(SILENCE_MAX);
        }
        // Readers may see more than before.
        acknowledge(subscription, at, false);
        continue;
      }
      heardNanos = System.nanoTime();
      if (!tied) {
        Optional<SourcePosition> there = tie(fence, at, first.get());
        if (there.isEmpty()) {
          return Optional.of(End.LEASE_LOST);
        }
        at = there.get();
        tied = true;
      }
      List<PaymentEvent> run = run(subscription, at, first.get());
      if (!run.isEmpty()) {
        long startNanos = System.nanoTime();
        switch (source.apply(fence, at, run)) {
          case ApplyOutcome.Applied(SourcePosition there) -> at = there;
          case ApplyOutcome.FencedOut() -> {
            return Optional.of(End.LEASE_LOST);
          }
          case ApplyOutcome.ParkingFull(long parkedMax) -> {
            stopped = true;
            LOG.error(
                "projection of {} stops: more than {} events would be parked; something is wrong"
                    + " that parking does not mend",
                sourceName,
                parkedMax);
            return Optional.of(End.PARKING_FULL);
          }
        }
        meters.applied(run.size(), Duration.ofNanos(System.nanoTime() - startNanos));
        known.publish(at);
      }
      acknowledge(subscription, at, false);
      if (System.nanoTime() - lookedNanos >= LOOK_EVERY.toNanos()) {
        SourcePosition there = source.position();
        if (!there.isIn(at.logId(), at.epoch()) || there.position() < said.getVisiblePosition()) {
          LOG.warn("{} no longer stands where it stood at {}", sourceName, at.position());
          return Optional.empty();
        }
        lookedNanos = System.nanoTime();
        acknowledge(subscription, at, true);
      }
      if (failures > 0) {
        failures = 0;
        LOG.info("projection of {} goes on, at {}", sourceName, at.position());
      }
    }
    return Optional.of(End.CLOSED);
  }

  /** Tells how the source stands, if that is news in this subscription or is to be repeated. */
  private void acknowledge(FeedSubscription subscription, SourcePosition at, boolean repeated) {
    SourcePosition seen = visible == known ? at : visible.latest();
    SubscribeAck ack =
        SubscribeAck.newBuilder()
            .setPosition(at.position())
            .setVisiblePosition(
                seen.isIn(at.logId(), at.epoch()) && seen.isReady()
                    ? Math.min(seen.position(), at.position())
                    : 0)
            .setParked(at.parked())
            .build();
    if (repeated || !ack.equals(said)) {
      subscription.acknowledge(ack);
    }
    said = ack;
  }

  /**
   * Brings the source into the history that a stream's first batch is of: a source without one gets
   * it, and one that stands in an earlier one that is shared up to there moves on into it.
   */
  private Optional<SourcePosition> tie(long fence, SourcePosition at, EventBatch batch)
      throws SourceUnavailableException, HistoryDivergedException {
    String logId = batch.getLogId();
    if (at.isIn(logId, batch.getEpoch())) {
      return Optional.of(at);
    }
    Lineage lineage = Lineage.of(batch.getEpoch(), batch.getAncestorsList());
    Optional<SourcePosition> tied;
    if (!at.epoch().isEmpty()) {
      if (!at.logId().equals(logId) || !lineage.holds(at.epoch(), at.position())) {
        throw new HistoryDivergedException(
            "log %s, epoch %s, became log %s, epoch %s"
                .formatted(at.logId(), at.epoch(), logId, batch.getEpoch()));
      }
      LOG.info("{} goes on at {} in epoch {}", sourceName, at.position(), batch.getEpoch());
      tied = source.continueIn(fence, at, lineage, batch.getHead());
    } else if (source.startsAtHead()) {
      tied = source.beginAtHead(fence, logId, lineage, batch.getHead(), batch.getHeadEventId());
    } else {
      tied = source.begin(fence, logId, lineage, batch.getHead());
    }
    tied.ifPresent(known::publish);
    return tied;
  }

  /** What follows the source's position in a batch and in those that already wait behind it. */
  private List<PaymentEvent> run(FeedSubscription subscription, SourcePosition at, EventBatch first)
      throws FeedUnavailableException, HistoryDivergedException, InterruptedException {
    List<PaymentEvent> run = new ArrayList<>(first.getEventsCount());
    append(run, at, first);
    while (run.size() < RUN_EVENTS_MAX && !run.isEmpty()) {
      Optional<EventBatch> more = subscription.next(Duration.ZERO);
      if (more.isEmpty()) {
        break;
      }
      append(run, at, more.get());
    }
    return run;
  }

  /**
   * @throws FeedUnavailableException the batch does not go on with the stream's history, or leaves
   *     events out: what is true a new subscription tells
   */
  private void append(List<PaymentEvent> run, SourcePosition at, EventBatch batch)
      throws FeedUnavailableException {
    Lineage lineage = at.lineage();
    if (lineage == null || !at.isIn(batch.getLogId(), batch.getEpoch())) {
      throw new FeedUnavailableException(
          "the stream changed to log %s, epoch %s".formatted(batch.getLogId(), batch.getEpoch()));
    }
    meters.headSeen(new LogHead(at.logId(), lineage, batch.getHead()));
    long last = run.isEmpty() ? at.position() : run.getLast().getPosition();
    for (PaymentEvent event : batch.getEventsList()) {
      if (event.getPosition() > last + 1) {
        throw new FeedUnavailableException(
            "the stream skips from position " + last + " to " + event.getPosition());
      }
      // At or below: delivered again.
      if (event.getPosition() == last + 1) {
        run.add(event);
        last++;
      }
    }
  }

  /** Waits longer with each failure in a row. */
  private void backOff(Exception failure) throws InterruptedException {
    Duration delay = Backoff.delay(failures + 1, BACKOFF_MIN, BACKOFF_MAX);
    if (failures++ == 0) {
      LOG.warn("projection of {} waits: {}", sourceName, failure.getMessage());
    } else {
      LOG.debug("projection of {} waits, failure {}", sourceName, failures, failure);
    }
    closing.await(delay.toNanos(), TimeUnit.NANOSECONDS);
  }
}
