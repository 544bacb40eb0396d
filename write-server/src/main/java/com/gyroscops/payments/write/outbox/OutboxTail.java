package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.platform.retry.Reachability;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.command.CommitListener;
import com.gyroscops.payments.write.eventstore.EventSlice;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the log. What this server commits it hears of at once; what others commit, when woken
 * ({@link #wake}) or at the next poll. For concurrent use.
 *
 * <p><b>Invariant:</b> what {@link #after} gives is of one history, and follows the event that it
 * was asked to follow. A database that failed over, or was restored, has another history, or other
 * events at the positions seen; either begins a new {@linkplain #generation() generation}, with
 * nothing at hand. Epochs tell the first case, for the store reads them in the snapshot of the
 * events; ids of events tell the second.
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
  private final Reachability reads =
      new Reachability(LOG, "the log cannot be read", "the log can be read again");
  private final Rounds rounds = new Rounds("outbox-tail", Duration.ZERO, () -> POLL, this::look);
  private volatile @Nullable Tail tail;

  /**
   * The end of the log in one history.
   *
   * @param start the head when it began
   * @param gap why nothing is relayed; null: the log is dense
   */
  private record Tail(
      LogHead start, long generation, EventRing ring, @Nullable LogNotDenseException gap) {

    boolean isIn(String epoch) {
      return start.epoch().equals(epoch);
    }

    Tail withGap(@Nullable LogNotDenseException found) {
      return new Tail(start, generation, ring, found);
    }
  }

  /**
   * Events to be relayed.
   *
   * @param generation that they are of
   * @param epoch of the log's history
   */
  public record Following(long generation, String epoch, List<PaymentEvent> events) {}

  /** Starts to follow the log, from its end as soon as the store answers. */
  public OutboxTail(EventStore store) {
    this.store = store;
    rounds.start();
  }

  @Override
  public void committed(String epoch, List<PaymentEvent> events) {
    Tail current = tail;
    try {
      if (current != null
          && current.isIn(epoch)
          && current.ring().add(events) == EventRing.Added.YES) {
        announce();
      } else {
        wake();
      }
    } catch (LogNotDenseException e) {
      LOG.error("an append that is not dense is left to be read", e);
      wake();
    }
  }

  /** Somebody committed: look soon. */
  public void wake() {
    rounds.wake();
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
        : new LogHead(current.start().logId(), current.start().lineage(), current.ring().last());
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
   * Events after a position, in order and without gaps, from memory or from the database. No events
   * if there are none yet.
   *
   * @param eventId id of the event at the position; empty if it is not known, as at 0
   * @throws LogNotDenseException if the log has a gap
   * @throws OtherEventException if the log has another event at the position
   * @throws StoreUnavailableException if they are not in memory and the store does not answer
   */
  public Following after(long position, String eventId, int countMax, int bytesMax)
      throws OtherEventException {
    Tail current = tail;
    long generation = current == null ? 0 : current.generation();
    if (current != null) {
      LogNotDenseException gap = current.gap();
      if (gap != null) {
        throw gap;
      }
      OtherEventException.check(position, eventId, current.ring().idAt(position));
      Optional<List<PaymentEvent>> kept = current.ring().after(position, countMax, bytesMax);
      if (kept.isPresent()) {
        return new Following(generation, current.start().epoch(), kept.get());
      }
    }
    EventSlice slice = read(position, eventId, countMax, bytesMax);
    long before = position;
    for (PaymentEvent event : slice.events()) {
      LogNotDenseException.check(before, event);
      before = event.getPosition();
    }
    return new Following(generation, slice.epoch(), slice.events());
  }

  private EventSlice read(long position, String eventId, int countMax, int bytesMax)
      throws OtherEventException {
    if (position == 0 || eventId.isEmpty()) {
      return store.read(position, countMax, bytesMax);
    }
    EventSlice slice = store.read(position - 1, countMax + 1, bytesMax);
    List<PaymentEvent> events = slice.events();
    Optional<PaymentEvent> there = events.stream().findFirst();
    OtherEventException.check(
        position, eventId, Optional.of(there.map(PaymentEvent::getEventId).orElse("none")));
    if (events.size() > 1) {
      return new EventSlice(slice.epoch(), events.subList(1, events.size()));
    }
    // It is the newest, or so large that nothing fitted behind it.
    EventSlice rest = store.read(position, countMax, bytesMax);
    return rest.epoch().equals(slice.epoch()) ? rest : new EventSlice(rest.epoch(), List.of());
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
    rounds.close();
  }

  private void look() {
    try {
      catchUp();
      reads.answered();
    } catch (StoreUnavailableException e) {
      reads.failed(e);
    } catch (LogNotDenseException e) {
      fail(e);
    }
  }

  private void catchUp() {
    // The ring's end is looked at before the head is read, for the lane adds to it meanwhile.
    Tail current = tail;
    long seen = current == null ? 0 : current.ring().last();
    LogHead head = store.head();
    if (current == null || !current.isIn(head.epoch()) || head.position() < seen) {
      begin(current, head);
      return;
    }
    EventRing ring = current.ring();
    for (long from = ring.last(); from < head.position(); from = ring.last()) {
      // With the newest event seen, to see whether it still is what it was.
      EventSlice slice = store.read(Math.max(0, from - 1), READ_EVENTS_MAX, READ_BYTES_MAX);
      List<PaymentEvent> events = slice.events();
      if (!events.isEmpty() && events.getLast().getPosition() <= from) {
        // It is so large that nothing fitted behind it.
        slice = store.read(from, READ_EVENTS_MAX, READ_BYTES_MAX);
        events = slice.events();
      }
      if (!current.isIn(slice.epoch())) {
        // The history has changed since the head was read: the next poll finds it.
        return;
      }
      if (events.isEmpty()) {
        throw LogNotDenseException.missing(from + 1, head.position());
      }
      switch (ring.add(events)) {
        case YES -> announce();
        case GAP -> throw LogNotDenseException.missing(from + 1, head.position());
        case OTHER_HISTORY -> {
          LOG.warn("the log holds other events than before, though its epoch is the same");
          begin(current, head);
          return;
        }
      }
    }
    if (current.gap() != null) {
      LOG.info("the log is dense again");
      tail = current.withGap(null);
      announce();
    }
  }

  /** At the first look, or in another history: followers of the old one must begin anew. */
  private void begin(@Nullable Tail before, LogHead head) {
    long beforeHead = Math.max(0, head.position() - 1);
    EventRing ring = new EventRing(beforeHead, RING_EVENTS_MAX, RING_BYTES_MAX);
    if (head.position() > 0) {
      // With the newest event, to see later whether it still is what it was.
      EventSlice newest = store.read(beforeHead, 1, 1);
      if (!newest.epoch().equals(head.epoch())) {
        // The history has changed since the head was read: the next poll finds it.
        return;
      }
      if (newest.events().isEmpty() || ring.add(newest.events()) != EventRing.Added.YES) {
        throw LogNotDenseException.missing(head.position(), head.position());
      }
    }
    if (before != null) {
      LOG.info("following the log in epoch {} from position {} on", head.epoch(), head.position());
    }
    tail = new Tail(head, before == null ? 0 : before.generation() + 1, ring, null);
    announce();
  }

  private void fail(LogNotDenseException gap) {
    Tail current = tail;
    if (current != null && current.gap() == null) {
      LOG.error("the log is not dense; nothing behind the gap is relayed", gap);
      tail = current.withGap(gap);
    }
    announce();
  }

  private void announce() {
    followers.forEach(Runnable::run);
  }
}
