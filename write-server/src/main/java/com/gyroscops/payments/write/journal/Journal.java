package com.gyroscops.payments.write.journal;

import com.gyroscops.payments.contract.journal.JournalDamagedException;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.journal.JournalStatus.State;
import com.gyroscops.payments.write.outbox.OtherEventException;
import com.gyroscops.payments.write.outbox.OutboxTail;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the journal, or waits to: one thread, which takes the lease, opens the folder and follows
 * the log. There is no timer: a batch is whatever came while the last one was brought to disk.
 *
 * <p>A second thread looks whether another server keeps the journal while this one does not come
 * along: because its disk fails, and it pauses before it tries again, or because its disk stands
 * still. Commands that need the journal need one that is kept, wherever that is.
 *
 * <p>Whatever goes wrong, commands go on (unless {@link RequiredJournal} stands before them), and
 * it tries again: from the start, with the lease given up meanwhile, for another server may have a
 * disk that works. For concurrent use.
 */
public final class Journal implements AutoCloseable {

  /** Most events of one batch. */
  static final int BATCH_EVENTS_MAX = 4_096;

  /** A batch ends with the event that reaches this many bytes, as serialized. */
  static final int BATCH_BYTES_MAX = 4 * 1024 * 1024;

  /** Time after a first failure; doubled with each that follows. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  private static final Duration RETRY_MAX = Duration.ofSeconds(30);

  /** Before it looks anew, after it lost the lease or the log became another. */
  private static final Duration SOON = Duration.ofMillis(100);

  /** How long closing waits for a disk that may stand still. */
  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

  private final JournalRules rules;
  private final EventStore store;
  private final OutboxTail tail;
  private final JournalLease lease;
  private final String holder;
  private final SegmentFile.Opener files;
  private final Duration retry;
  private final Semaphore news = new Semaphore(0);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Runnable signal = news::release;
  private final Thread thread;
  private final Thread looking;
  private volatile JournalStatus status = new JournalStatus(State.WAITING, 0, "", "");

  /** Up to where another server has it, while this one does not come along; otherwise 0. */
  private volatile long elsewhere;

  private volatile boolean closing;

  /** Its position is none of the log's: it holds what the log has lost, or is of another log. */
  private volatile boolean ofOtherHistory;

  /** What it said of why it stopped, so that it says it once. */
  private String said = "";

  private Duration pause;

  /**
   * Starts to keep the journal as soon as it may.
   *
   * @param store to compare the journal's end with, by connections that commands do not need
   * @param holder unique name of this server
   */
  public Journal(
      JournalRules rules,
      EventStore store,
      OutboxTail tail,
      JournalLease lease,
      String holder,
      JournalMeters meters) {
    this(rules, store, tail, lease, holder, meters.timed(SegmentFile::onDisk), RETRY);
    meters.watch(this);
  }

  Journal(
      JournalRules rules,
      EventStore store,
      OutboxTail tail,
      JournalLease lease,
      String holder,
      SegmentFile.Opener files,
      Duration retry) {
    this.rules = rules;
    this.store = store;
    this.tail = tail;
    this.lease = lease;
    this.holder = holder;
    this.files = files;
    this.retry = retry;
    this.pause = retry;
    this.thread = Thread.ofPlatform().name("journal").start(this::run);
    this.looking = Thread.ofVirtual().name("journal-elsewhere").start(this::look);
  }

  /** How it is now. */
  public JournalStatus status() {
    return status;
  }

  /**
   * By how many events the journal is behind the log, both as far as they are known here: where
   * another server keeps it, what that said up to a second ago.
   */
  public long eventsBehind() {
    long here = ofOtherHistory ? 0 : status.position();
    return Math.max(0, tail.seen() - Math.max(here, elsewhere));
  }

  /** Whether it is further behind than the rules allow. */
  public boolean isTooFarBehind() {
    return eventsBehind() > rules.behindEventsMax();
  }

  /** Stops after the batch that is being written, and lets another server take over at once. */
  @Override
  public void close() {
    closing = true;
    closed.countDown();
    news.release();
    try {
      if (!thread.join(CLOSE_MAX)) {
        LOG.warn("the journal's disk does not answer; it is left as it is");
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
      LOG.error("the journal was interrupted, and is kept no more", e);
    } finally {
      tail.unfollow(signal);
    }
  }

  private void look() {
    try {
      while (!closed.await(JournalLease.RENEW_EVERY.toNanos(), TimeUnit.NANOSECONDS)) {
        elsewhere = comesAlong() ? 0 : positionElsewhere();
      }
    } catch (InterruptedException e) {
      LOG.error("it is no longer looked whether another server keeps the journal", e);
    }
  }

  /** Whether this server keeps it and is near enough, or knows from the lease how it is. */
  private boolean comesAlong() {
    JournalStatus now = status;
    return now.state() != State.STOPPED && tail.seen() - now.position() <= rules.behindEventsMax();
  }

  private long positionElsewhere() {
    try {
      return lease.positionOfAnother(holder).orElse(0);
    } catch (StoreUnavailableException e) {
      LOG.debug("who keeps the journal is not known now", e);
      return elsewhere;
    }
  }

  /** Keeps the journal as long as that goes well; says when to try again. */
  private Duration tryToKeep() throws InterruptedException {
    try {
      OptionalLong fence = lease.take(holder);
      if (fence.isEmpty()) {
        status = new JournalStatus(State.WAITING, lease.position(), "", "");
        return JournalLease.RENEW_EVERY;
      }
      try {
        keep(fence.getAsLong());
      } finally {
        release(fence.getAsLong());
      }
      return SOON;
    } catch (StoreUnavailableException e) {
      // Then nothing is appended to the log either; the tail says so.
      LOG.debug("the journal waits for the event store", e);
      JournalStatus now = status;
      status = new JournalStatus(State.WAITING, now.position(), now.hash(), "");
      return JournalLease.RENEW_EVERY;
    } catch (OtherEventException e) {
      // Opening the folder anew compares the two, and tells what is wrong.
      LOG.info("the journal's end is looked at anew: {}", e.getMessage());
      return SOON;
    } catch (OtherHistoryException e) {
      ofOtherHistory = true;
      return stopped(String.valueOf(e.getMessage()), null);
    } catch (FolderInUseException | JournalDamagedException e) {
      return stopped(String.valueOf(e.getMessage()), null);
    } catch (IOException e) {
      return stopped(e.toString(), null);
    } catch (RuntimeException e) {
      return stopped(e.toString(), e);
    }
  }

  private void keep(long fence)
      throws IOException,
          FolderInUseException,
          JournalDamagedException,
          OtherHistoryException,
          OtherEventException,
          InterruptedException {
    long generation = tail.generation();
    try (JournalFolder folder =
        JournalFolder.open(rules.folder(), rules.segmentBytesMax(), files, store)) {
      if (!folder.log().epoch().equals(tail.head().epoch())) {
        // The tail has yet to notice a new history; what it has at hand is of the old one.
        tail.wake();
        return;
      }
      LOG.info("keeping the journal in {}, from position {} on", rules.folder(), folder.position());
      long renewedNanos = System.nanoTime() - JournalLease.RENEW_EVERY.toNanos();
      while (!closing && tail.generation() == generation) {
        // In this thread, so that who makes no progress does not keep the lease.
        if (System.nanoTime() - renewedNanos >= JournalLease.RENEW_EVERY.toNanos()) {
          renewedNanos = System.nanoTime();
          if (!renew(fence, folder.position())) {
            LOG.info("another server keeps the journal");
            return;
          }
        }
        news.drainPermits();
        OutboxTail.Following next =
            tail.after(folder.position(), folder.eventId(), BATCH_EVENTS_MAX, BATCH_BYTES_MAX);
        if (next.generation() != generation || !next.epoch().equals(folder.log().epoch())) {
          return;
        }
        List<PaymentEvent> events = next.events();
        if (!events.isEmpty()) {
          folder.append(events);
        }
        goesWell(folder);
        if (events.isEmpty()) {
          news.tryAcquire(JournalLease.RENEW_EVERY.toNanos(), TimeUnit.NANOSECONDS);
        }
      }
    }
  }

  /** Nothing is to be written, or it was. */
  private void goesWell(JournalFolder folder) {
    ofOtherHistory = false;
    status = new JournalStatus(State.KEEPING, folder.position(), folder.hash(), "");
    if (!said.isEmpty()) {
      LOG.info("the journal goes on, at position {}", folder.position());
    }
    said = "";
    pause = retry;
  }

  private Duration stopped(String reason, @Nullable Exception unexpected) {
    JournalStatus now = status;
    status = new JournalStatus(State.STOPPED, now.position(), now.hash(), reason);
    if (!reason.equals(said)) {
      LOG.atError().setCause(unexpected).log("the journal has stopped: {}", reason);
      said = reason;
    }
    Duration wait = pause;
    pause = pause.multipliedBy(2).compareTo(RETRY_MAX) < 0 ? pause.multipliedBy(2) : RETRY_MAX;
    return wait;
  }

  /** A lease that cannot be renewed counts as held: the folder's lock does not depend on it. */
  private boolean renew(long fence, long position) {
    try {
      return lease.renew(holder, fence, position);
    } catch (StoreUnavailableException e) {
      LOG.debug("the journal's lease was not renewed", e);
      return true;
    }
  }

  /** What cannot be given up ends by itself. */
  private void release(long fence) {
    try {
      lease.release(holder, fence);
    } catch (StoreUnavailableException e) {
      LOG.debug("the journal's lease was not released", e);
    }
  }
}
