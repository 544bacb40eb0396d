package com.gyroscops.payments.read.tracking;

import com.gyroscops.payments.v1.PaymentEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest events, each with the position of the one before it that shares its organization's
 * place: so those of one organization are found without looking at the others'. Bounded by number
 * and by bytes. For concurrent use.
 *
 * <p><b>Invariant:</b> {@link #after} leaves no event out: it follows the chain back until it is at
 * or below the position asked for, and says that events are forgotten if the chain leads out of the
 * ring before.
 */
final class EventRing {

  /** Most events: several seconds of a busy log, so that a watcher may stall as long. */
  static final int EVENTS_MAX = 16_384;

  /** Most bytes of events as sent; in memory they take a few times as much. */
  static final long BYTES_MAX = 16L * 1024 * 1024;

  private final @Nullable PaymentEvent[] events;
  private final long[] before;
  private final long start;
  private final long bytesMax;
  private long first;
  private long last;
  private long bytes;

  /**
   * @param start the events to come follow this position
   */
  EventRing(long start, int eventsMax, long bytesMax) {
    this.start = start;
    this.bytesMax = bytesMax;
    events = new @Nullable PaymentEvent[eventsMax];
    before = new long[eventsMax];
    first = start + 1;
    last = start;
  }

  /**
   * Adds the next event.
   *
   * @param previous position of the event before it in its chain; 0: none since the start
   */
  synchronized void add(PaymentEvent event, long previous) {
    if (last - first + 1 == events.length) {
      forgetFirst();
    }
    last = event.getPosition();
    events[index(last)] = event;
    before[index(last)] = previous;
    bytes += event.getSerializedSize();
    while (bytes > bytesMax && first < last) {
      forgetFirst();
    }
  }

  private void forgetFirst() {
    bytes -= at(first).getSerializedSize();
    events[index(first)] = null;
    first++;
  }

  /**
   * @param newest where the chain of the organization's place begins
   * @param upTo no event of the organization is missing in the chain up to here
   */
  synchronized EventSlice after(
      long since, long newest, long upTo, String organizationId, String paymentId, int limit) {
    Deque<PaymentEvent> oldestFirst = new ArrayDeque<>();
    long at = newest;
    while (at > since && at >= first) {
      PaymentEvent event = at(at);
      if (event.getOrganizationId().equals(organizationId)
          && (paymentId.isEmpty() || event.getPaymentId().equals(paymentId))) {
        oldestFirst.addFirst(event);
      }
      at = before[index(at)];
    }
    if (at > since || since < start) {
      return new EventSlice.Forgotten();
    }
    if (oldestFirst.size() <= limit) {
      return new EventSlice.Known(List.copyOf(oldestFirst), Math.max(upTo, since), false);
    }
    List<PaymentEvent> some = new ArrayList<>(limit);
    oldestFirst.stream().limit(limit).forEach(some::add);
    return new EventSlice.Known(List.copyOf(some), some.getLast().getPosition(), true);
  }

  synchronized String newestId() {
    return last == start ? "" : at(last).getEventId();
  }

  private int index(long position) {
    return (int) (position % events.length);
  }

  private PaymentEvent at(long position) {
    PaymentEvent event = events[index(position)];
    if (event == null) {
      throw new IllegalStateException("position " + position + " is not in the ring");
    }
    return event;
  }
}
