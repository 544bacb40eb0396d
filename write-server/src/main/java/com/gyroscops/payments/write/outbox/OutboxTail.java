package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.command.CommitListener;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.LogHead;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the log. What this server commits it hears of at once; what others commit, when woken
 * ({@link #wake}) or at the next poll. For concurrent use.
 */
public final class OutboxTail implements CommitListener, AutoCloseable {

  /** Most events kept in memory: a second or more of the highest load. */
  static final int RING_EVENTS_MAX = 16_384;

  /** Most bytes kept in memory. */
  static final long RING_BYTES_MAX = 32L * 1024 * 1024;

  /** Events read from the database at once while following others' commits. */
  private static final int READ_EVENTS_MAX = 2_048;

  private static final int READ_BYTES_MAX = 4 * 1024 * 1024;

  private static final Duration POLL = Duration.ofMillis(100);
  private static final Logger LOG = LoggerFactory.getLogger(OutboxTail.class);

  private final EventStore store;
  private final List<Runnable> followers = new CopyOnWriteArrayList<>();
  private final Semaphore wakeUps = new Semaphore(0);
  private final Thread thread;
  private volatile @Nullable Tail tail;
  private volatile @Nullable LogNotDenseException broken;
  private volatile boolean closing;

  /** A stretch of one history. */
  private record Tail(String logId, String epoch, long generation, EventRing ring) {}

  /** Starts to follow the log, from its end as soon as the store answers. */
  public OutboxTail(EventStore store) {
    this.store = store;
    this.thread = Thread.ofPlatform().name("outbox-tail").start(this::run);
  }

  @Override
  public void committed(List<PaymentEvent> events) {
    Tail current = tail;
    try {
      if (current != null && current.ring().add(events)) {
        announce();
      } else {
        wake();
      }
    } catch (LogNotDenseException e) {
      fail(e);
    }
  }

  /** Somebody committed: look soon. */
  public void wake() {
    wakeUps.release();
  }

  /**
   * The log as far as it is known here: at most a poll behind.
   *
   * @throws StoreUnavailableException if it was never reached
   */
  public LogHead head() {
    Tail current = tail;
    return current == null
        ? store.head()
        : new LogHead(current.logId(), current.epoch(), current.ring().last());
  }

  /**
   * Position of the newest event known here, without asking anybody; 0: the log was not reached.
   */
  public long seen() {
    Tail current = tail;
    return current == null ? 0 : current.ring().last();
  }

  /**
   * Changes when the log turns out to be another history: what was read before may not be of it.
   */
  public long generation() {
    Tail current = tail;
    return current == null ? 0 : current.generation();
  }

  /**
   * Events after a position, in order and without gaps, from memory or from the database.
   *
   * @return empty if there are none yet
   * @throws LogNotDenseException if the log has a gap
   * @throws StoreUnavailableException if they are not in memory and the store does not answer
   */
  public List<PaymentEvent> after(long position, int countMax, int bytesMax) {
    LogNotDenseException gap = broken;
    if (gap != null) {
      throw gap;
    }
    Tail current = tail;
    Optional<List<PaymentEvent>> kept =
        current == null ? Optional.empty() : current.ring().after(position, countMax, bytesMax);
    if (kept.isPresent()) {
      return kept.get();
    }
    List<PaymentEvent> events = store.read(position, countMax, bytesMax);
    long before = position;
    for (PaymentEvent event : events) {
      LogNotDenseException.check(before, event);
      before = event.getPosition();
    }
    return events;
  }

  /** Calls {@code follower} whenever there may be new events; it must be quick. */
  public void follow(Runnable follower) {
    followers.add(follower);
  }

  /** Calls it no more. */
  public void unfollow(Runnable follower) {
    followers.remove(follower);
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

  private void run() {
    boolean reachable = true;
    while (!closing) {
      try {
        catchUp();
        if (!reachable) {
          LOG.info("the log can be read again");
        }
        reachable = true;
      } catch (StoreUnavailableException e) {
        if (reachable) {
          LOG.warn("the log cannot be read: {}", e.getMessage());
        }
        reachable = false;
      } catch (LogNotDenseException e) {
        fail(e);
      } catch (RuntimeException e) {
        LOG.error("following the log failed; it is tried again", e);
      }
      try {
        if (wakeUps.tryAcquire(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
          wakeUps.drainPermits();
        }
      } catch (InterruptedException e) {
        LOG.warn("the outbox tail was interrupted; it goes on until closed");
      }
    }
  }

  private void catchUp() {
    // The ring's end is looked at before the head is read, for the lane adds to it meanwhile.
    Tail current = tail;
    long seen = current == null ? 0 : current.ring().last();
    LogHead head = store.head();
    if (current == null || !current.epoch().equals(head.epoch()) || head.position() < seen) {
      // The first look, or another history: subscribers of the old one must introduce themselves
      // anew.
      tail =
          new Tail(
              head.logId(),
              head.epoch(),
              current == null ? 0 : current.generation() + 1,
              new EventRing(head.position(), RING_EVENTS_MAX, RING_BYTES_MAX));
      announce();
      return;
    }
    EventRing ring = current.ring();
    for (long from = ring.last(); from < head.position(); from = ring.last()) {
      List<PaymentEvent> events = store.read(from, READ_EVENTS_MAX, READ_BYTES_MAX);
      if (events.isEmpty()) {
        throw LogNotDenseException.missing(from + 1, head.position());
      }
      LogNotDenseException.check(from, events.getFirst());
      ring.add(events);
      announce();
    }
  }

  private void fail(LogNotDenseException gap) {
    if (broken == null) {
      LOG.error("the log is not dense; nothing behind the gap is relayed", gap);
      broken = gap;
    }
    announce();
  }

  private void announce() {
    followers.forEach(Runnable::run);
  }
}
