package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.v1.PaymentEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The newest events of the log, without gaps, bounded by number and bytes. For concurrent use.
 *
 * <p>A reader that has fallen behind the oldest event kept is told so, and reads the database.
 */
final class EventRing {

  private final @Nullable PaymentEvent[] slots;
  private final long bytesMax;
  private long oldest;
  private long last;
  private long bytes;

  /**
   * @param start position that counts as seen; the first event added follows it
   * @param eventsMax most events kept
   * @param bytesMax most bytes kept, by serialized size
   */
  EventRing(long start, int eventsMax, long bytesMax) {
    this.slots = new PaymentEvent[eventsMax];
    this.bytesMax = bytesMax;
    this.last = start;
    this.oldest = start + 1;
  }

  /** Position of the newest event seen. */
  synchronized long last() {
    return last;
  }

  /** What became of events that were to be added. */
  enum Added {
    /** All of them are seen now. */
    YES,
    /** There is a gap between what was seen and the first of them; nothing is added. */
    GAP,
    /**
     * One of them is another event than the one seen at its position; nothing is added from there.
     */
    OTHER_HISTORY
  }

  /**
   * Adds the events that are new. Those already seen are compared, as far as they are kept, and
   * skipped.
   *
   * @throws LogNotDenseException if there is a gap among them
   */
  synchronized Added add(List<PaymentEvent> newest) {
    if (newest.isEmpty()) {
      return Added.YES;
    }
    if (newest.getFirst().getPosition() > last + 1) {
      return Added.GAP;
    }
    for (PaymentEvent event : newest) {
      long position = event.getPosition();
      if (position >= oldest && position <= last) {
        if (!kept(position).getEventId().equals(event.getEventId())) {
          return Added.OTHER_HISTORY;
        }
      } else if (position > last) {
        LogNotDenseException.check(last, event);
        if (event.getPosition() - oldest >= slots.length) {
          dropOldest();
        }
        last = event.getPosition();
        slots[slot(last)] = event;
        bytes += event.getSerializedSize();
      }
    }
    while (bytes > bytesMax) {
      dropOldest();
    }
    return Added.YES;
  }

  /** Id of the event at a position; empty if it is not kept. */
  synchronized Optional<String> idAt(long position) {
    return position >= oldest && position <= last
        ? Optional.of(kept(position).getEventId())
        : Optional.empty();
  }

  /**
   * Events after a position, in order.
   *
   * @param countMax at most this many
   * @param batchBytesMax ends with the event that reaches this many bytes
   * @return empty if the first of them is no longer kept
   */
  synchronized Optional<List<PaymentEvent>> after(long position, int countMax, int batchBytesMax) {
    if (position >= last) {
      return Optional.of(List.of());
    }
    if (position + 1 < oldest) {
      return Optional.empty();
    }
    List<PaymentEvent> found = new ArrayList<>();
    int size = 0;
    for (long next = position + 1;
        next <= last && found.size() < countMax && size < batchBytesMax;
        next++) {
      PaymentEvent event = kept(next);
      found.add(event);
      size += event.getSerializedSize();
    }
    return Optional.of(found);
  }

  private void dropOldest() {
    bytes -= kept(oldest).getSerializedSize();
    slots[slot(oldest)] = null;
    oldest++;
  }

  private PaymentEvent kept(long position) {
    PaymentEvent event = slots[slot(position)];
    if (event == null || event.getPosition() != position) {
      throw new IllegalStateException("the ring holds no event " + position);
    }
    return event;
  }

  private int slot(long position) {
    return Math.floorMod(position, slots.length);
  }
}
