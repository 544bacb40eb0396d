package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.platform.relay.HistoryDivergedException;
import com.gyroscops.payments.platform.relay.Sink;
import com.gyroscops.payments.platform.relay.SinkRefusedException;
import com.gyroscops.payments.platform.retry.Backoff;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.outbox.SinkStatus.State;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a sink in step with the log, or waits to: one thread, which takes the lease, opens the sink
 * and follows the log. There is no timer: a batch is whatever came while the last one was made
 * durable.
 *
 * <p>A second thread looks whether another server keeps the sink while this one does not come
 * along: because its store fails, and it pauses before it tries again, or because its store stands
 * still. Commands that need the sink need one that is kept, wherever that is.
 *
 * <p>Whatever goes wrong, commands go on (unless something that asks {@link #isTooFarBehind} stands
 * before them), and it tries again: from the start, with the lease given up meanwhile, for another
 * server may have a store that works. For concurrent use.
 */
public final class SinkRunner implements AutoCloseable {

  /** Most events of one batch. */
  static final int BATCH_EVENTS_MAX = 4_096;

  /** A batch ends with the event that reaches this many bytes, as serialized. */
  static final int BATCH_BYTES_MAX = 4 * 1024 * 1024;

  /** Time after a first failure; doubled with each that follows. */
  public static final Duration RETRY = Duration.ofSeconds(1);

  private static final Duration RETRY_MAX = Duration.ofSeconds(30);

  /** Before it looks anew, after it lost the lease or the log became another. */
  private static final Duration SOON = Duration.ofMillis(100);

  /** How long closing waits for a store that may stand still. */
  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(SinkRunner.class);

  private final Sink sink;
  private final long behindEventsMax;
  private final EventStore store;
  private final OutboxTail tail;
  private final SinkLease lease;
  private final String holder;
  private final Duration retry;
  private final Semaphore news = new Semaphore(0);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Runnable signal = news::release;
  private final Thread thread;
  private final Thread looking;
  private volatile SinkStatus status = new SinkStatus(State.WAITING, 0, Map.of(), "");

  /** Up to where another server has it, while this one does not come along; otherwise 0. */
  private volatile long elsewhere;

  private volatile boolean closing;

  /** Its position is none of the log's: it holds what the log has lost, or is of another log. */
  private volatile boolean ofOtherHistory;

  /** What it said of why it stopped, so that it says it once. */
  private String said = "";

  /** In a row. */
  private int failures;

  /**
   * Starts to keep the sink as soon as it may.
   *
   * @param behindEventsMax by how many events it may be behind before it {@link #isTooFarBehind}; 1
   *     or more
   * @param store to compare the sink's end with, by connections that commands do not need
   * @param holder unique name of this server
   * @param retry time after a first failure, as {@link #RETRY}; doubled with each that follows
   */
  public SinkRunner(
      Sink sink,
      long behindEventsMax,
      EventStore store,
      OutboxTail tail,
      SinkLease lease,
      String holder,
      Duration retry) {
    this.sink = sink;
    this.behindEventsMax = behindEventsMax;
    this.store = store;
    this.tail = tail;
    this.lease = lease;
    this.holder = holder;
    this.retry = retry;
    this.thread = Thread.ofPlatform().name(sink.name()).start(this::run);
    this.looking = Thread.ofVirtual().name(sink.name() + "-elsewhere").start(this::look);
  }

  /** Shows how the sink is, in gauges that are named after it. */
  public void measure(MeterRegistry registry) {
    String prefix = "payments." + sink.name() + ".";
    registry.gauge(prefix + "position", this, of -> of.status().position());
    registry.gauge(prefix + "events.behind", this, SinkRunner::eventsBehind);
    registry.gauge(prefix + "owner", this, of -> of.is(State.KEEPING));
    registry.gauge(prefix + "stopped", this, of -> of.is(State.STOPPED));
  }

  private int is(State state) {
    return status.state() == state ? 1 : 0;
  }

  /** How it is now. */
  public SinkStatus status() {
    return status;
  }

  /**
   * By how many events the sink is behind the log, both as far as they are known here: where
   * another server keeps it, what that said up to a second ago.
   */
  public long eventsBehind() {
    long here = ofOtherHistory ? 0 : status.position();
    return Math.max(0, tail.seen() - Math.max(here, elsewhere));
  }

  /** Whether it is further behind than it may be. */
  public boolean isTooFarBehind() {
    return eventsBehind() > behindEventsMax;
  }

  /** Stops after the batch that is being written, and lets another server take over at once. */
  @Override
  public void close() {
    closing = true;
    closed.countDown();
    news.release();
    try {
      if (!thread.join(CLOSE_MAX)) {
        LOG.warn("the {} does not answer; it is left as it is", sink.name());
      }
      var _ = looking.join(CLOSE_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    tail.follow(signal);
    try {
      while (!closing) {
        Duration wait = tryToKeep();
        closed.await(wait.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      LOG.error("the {} was interrupted, and is kept no more", sink.name(), e);
    } finally {
      tail.unfollow(signal);
    }
  }

  private void look() {
    try {
      while (!closed.await(SinkLease.RENEW_EVERY.toNanos(), TimeUnit.NANOSECONDS)) {
        elsewhere = comesAlong() ? 0 : positionElsewhere();
      }
    } catch (InterruptedException e) {
      LOG.error("it is no longer looked whether another server keeps the {}", sink.name(), e);
    }
  }

  /** Whether this server keeps it and is near enough, or knows from the lease how it is. */
  private boolean comesAlong() {
    SinkStatus now = status;
    return now.state() != State.STOPPED && tail.seen() - now.position() <= behindEventsMax;
  }

  private long positionElsewhere() {
    try {
      return lease.positionOfAnother(holder).orElse(0);
    } catch (StoreUnavailableException e) {
      LOG.debug("who keeps the {} is not known now", sink.name(), e);
      return elsewhere;
    }
  }

  /** Keeps the sink as long as that goes well; says when to try again. */
  private Duration tryToKeep() throws InterruptedException {
    try {
      OptionalLong fence = lease.take(holder);
      if (fence.isEmpty()) {
        status = new SinkStatus(State.WAITING, lease.position(), Map.of(), "");
        return SinkLease.RENEW_EVERY;
      }
      try {
        keep(fence.getAsLong());
      } finally {
        release(fence.getAsLong());
      }
      return SOON;
    } catch (StoreUnavailableException e) {
      // Then nothing is appended to the log either; the tail says so.
      LOG.debug("the {} waits for the event store", sink.name(), e);
      SinkStatus now = status;
      status = new SinkStatus(State.WAITING, now.position(), now.details(), "");
      return SinkLease.RENEW_EVERY;
    } catch (OtherEventException e) {
      // Opening the sink anew compares the two, and tells what is wrong.
      LOG.info("the end of the {} is looked at anew: {}", sink.name(), e.getMessage());
      return SOON;
    } catch (SinkRefusedException e) {
      if (e instanceof HistoryDivergedException) {
        ofOtherHistory = true;
      }
      return stopped(String.valueOf(e.getMessage()), null);
    } catch (IOException e) {
      return stopped(e.toString(), null);
    } catch (RuntimeException e) {
      return stopped(e.toString(), e);
    }
  }

  private void keep(long fence)
      throws IOException, SinkRefusedException, OtherEventException, InterruptedException {
    long generation = tail.generation();
    try (Sink.Session session = sink.open(new StoreLog(sink.name(), store))) {
      if (!session.epoch().equals(tail.head().epoch())) {
        // The tail has yet to notice a new history; what it has at hand is of the old one.
        tail.wake();
        return;
      }
      LOG.info("keeping the {}, from position {} on", sink, session.position());
      long renewedNanos = System.nanoTime() - SinkLease.RENEW_EVERY.toNanos();
      while (!closing && tail.generation() == generation) {
        // In this thread, so that who makes no progress does not keep the lease.
        if (System.nanoTime() - renewedNanos >= SinkLease.RENEW_EVERY.toNanos()) {
          renewedNanos = System.nanoTime();
          if (!renew(fence, session.position())) {
            LOG.info("another server keeps the {}", sink.name());
            return;
          }
        }
        news.drainPermits();
        OutboxTail.Following next =
            tail.after(session.position(), session.eventId(), BATCH_EVENTS_MAX, BATCH_BYTES_MAX);
        if (next.generation() != generation || !next.epoch().equals(session.epoch())) {
          return;
        }
        List<PaymentEvent> events = next.events();
        if (!events.isEmpty()) {
          session.apply(events);
        }
        goesWell(session);
        if (events.isEmpty()) {
          news.tryAcquire(SinkLease.RENEW_EVERY.toNanos(), TimeUnit.NANOSECONDS);
        }
      }
    }
  }

  /** Nothing is to be written, or it was. */
  private void goesWell(Sink.Session session) {
    ofOtherHistory = false;
    status = new SinkStatus(State.KEEPING, session.position(), session.details(), "");
    if (!said.isEmpty()) {
      LOG.info("the {} goes on, at position {}", sink.name(), session.position());
    }
    said = "";
    failures = 0;
  }

  private Duration stopped(String reason, @Nullable Exception unexpected) {
    SinkStatus now = status;
    status = new SinkStatus(State.STOPPED, now.position(), now.details(), reason);
    if (!reason.equals(said)) {
      LOG.atError().setCause(unexpected).log("the {} has stopped: {}", sink.name(), reason);
      said = reason;
    }
    return Backoff.delay(++failures, retry, RETRY_MAX);
  }

  /** A lease that cannot be renewed counts as held: what keeps two from writing is the sink. */
  private boolean renew(long fence, long position) {
    try {
      return lease.renew(holder, fence, position);
    } catch (StoreUnavailableException e) {
      LOG.debug("the lease of the {} was not renewed", sink.name(), e);
      return true;
    }
  }

  /** What cannot be given up ends by itself. */
  private void release(long fence) {
    try {
      lease.release(holder, fence);
    } catch (StoreUnavailableException e) {
      LOG.debug("the lease of the {} was not released", sink.name(), e);
    }
  }
}
