package com.gyroscops.payments.read.source;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a source stands in a log's history.
 *
 * @param logId name of the log; empty while the source belongs to none
 * @param lineage the history that its events are of, and those that one came from; null while the
 *     source belongs to none
 * @param position newest event applied; 0: none
 * @param eventId id of that event; empty at 0
 * @param readyPosition the source answers nothing before it stands here
 * @param parked events set aside because the source's model refused them
 */
public record SourcePosition(
    String logId,
    @Nullable Lineage lineage,
    long position,
    String eventId,
    long readyPosition,
    long parked) {

  /** Where a source stands that was never filled, or was emptied. */
  public static final SourcePosition NOWHERE = new SourcePosition("", (Lineage) null, 0, "", 0, 0);

  public SourcePosition {
    if (position < 0 || readyPosition < 0 || parked < 0) {
      throw new IllegalArgumentException("negative: " + position + ", " + readyPosition);
    }
    if (logId.isEmpty() != (lineage == null) || (lineage == null && position > 0)) {
      throw new IllegalArgumentException("a position needs a history: " + position);
    }
  }

  /** In a log that has had one history; an empty epoch: in none. */
  public SourcePosition(
      String logId, String epoch, long position, String eventId, long readyPosition, long parked) {
    this(
        logId,
        epoch.isEmpty() ? null : Lineage.of(epoch),
        position,
        eventId,
        readyPosition,
        parked);
  }

  /** As stores keep it: the epoch, which is empty where there is none, and its ancestors' text. */
  public static @Nullable Lineage lineage(String epoch, String ancestorsText) {
    return epoch.isEmpty() ? null : Lineage.parse(epoch, ancestorsText);
  }

  /** Where a source begins that belongs to no log yet. */
  public static SourcePosition start(String logId, Lineage lineage, long readyPosition) {
    return new SourcePosition(logId, lineage, 0, "", readyPosition, 0);
  }

  /** Identity of the history; empty while the source belongs to none. */
  public String epoch() {
    return lineage == null ? "" : lineage.epoch();
  }

  /** The ancestors of the history as text, to be kept beside the epoch. */
  public String ancestorsText() {
    return lineage == null ? "" : lineage.ancestorsText();
  }

  /** Whether the source may answer: it belongs to a history and is not being filled. */
  public boolean isReady() {
    return lineage != null && position >= readyPosition;
  }

  /** Whether it stands in this history itself, and not in one before or after it. */
  public boolean isIn(String otherLogId, String otherEpoch) {
    return logId.equals(otherLogId) && epoch().equals(otherEpoch);
  }

  /** Whether it is at the same event of the same history as the other. */
  public boolean isAt(SourcePosition other) {
    return isIn(other.logId(), other.epoch()) && position == other.position();
  }

  /** Whether what a log's epoch held at a position is part of the history it stands in. */
  public boolean holds(String otherLogId, String otherEpoch, long otherPosition) {
    return lineage != null && logId.equals(otherLogId) && lineage.holds(otherEpoch, otherPosition);
  }

  /**
   * Whether what a log's epoch held up to a position has been applied, and is not of a lost one.
   */
  public boolean hasApplied(String otherLogId, String otherEpoch, long otherPosition) {
    return position >= otherPosition && holds(otherLogId, otherEpoch, otherPosition);
  }

  /** Whether it is further along in the same history as the other, or in a later one. */
  public boolean isNewerThan(SourcePosition other) {
    return isIn(other.logId(), other.epoch())
        ? position > other.position()
        : lineage != null && logId.equals(other.logId()) && lineage.descendsFrom(other.epoch());
  }

  /**
   * Checks that events are those after this one.
   *
   * @throws IllegalArgumentException their positions have a gap
   */
  public void requireFollowedBy(List<PaymentEvent> events) {
    long expected = position;
    for (PaymentEvent event : events) {
      if (event.getPosition() != ++expected) {
        throw new IllegalArgumentException(
            "position " + event.getPosition() + " where " + expected + " must follow");
      }
    }
  }

  /** Further along in the same history. */
  public SourcePosition advancedTo(long newPosition, String newEventId, long newParked) {
    return new SourcePosition(logId, lineage, newPosition, newEventId, readyPosition, newParked);
  }

  /** With another number of parked events. */
  public SourcePosition withParked(long newParked) {
    return advancedTo(position, eventId, newParked);
  }

  /**
   * At the same event in a later history that holds it too.
   *
   * @param head of that history: what the source was to reach may have been lost
   * @throws IllegalArgumentException the later history does not hold it
   */
  public SourcePosition continuedIn(Lineage later, long head) {
    if (!later.holds(epoch(), position)) {
      throw new IllegalArgumentException(later + " does not hold " + this);
    }
    return new SourcePosition(
        logId, later, position, eventId, Math.min(readyPosition, head), parked);
  }
}
