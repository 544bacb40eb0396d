package com.gyroscops.payments.read.source;

/**
 * Where a source stands in a log's history.
 *
 * @param logId name of the log; empty while the source belongs to none
 * @param epoch identity of the log's history; empty while the source belongs to none
 * @param position newest event applied; 0: none
 * @param eventId id of that event; empty at 0, and where a source began at the head and has applied
 *     nothing since
 * @param readyPosition the source answers nothing before it stands here
 * @param parked events set aside because the source's model refused them
 */
public record SourcePosition(
    String logId, String epoch, long position, String eventId, long readyPosition, long parked) {

  /** Where a source stands that was never filled, or was emptied. */
  public static final SourcePosition NOWHERE = new SourcePosition("", "", 0, "", 0, 0);

  public SourcePosition {
    if (position < 0 || readyPosition < 0 || parked < 0) {
      throw new IllegalArgumentException("negative: " + position + ", " + readyPosition);
    }
    if (logId.isEmpty() != epoch.isEmpty() || (epoch.isEmpty() && position > 0)) {
      throw new IllegalArgumentException("a position needs a history: " + position);
    }
  }

  /** Whether the source may answer: it belongs to a history and is not being filled. */
  public boolean isReady() {
    return !epoch.isEmpty() && position >= readyPosition;
  }

  /** Whether the position counts in this history. */
  public boolean isIn(String otherLogId, String otherEpoch) {
    return logId.equals(otherLogId) && epoch.equals(otherEpoch);
  }

  /** Further along in the same history. */
  public SourcePosition advancedTo(long newPosition, String newEventId, long newParked) {
    return new SourcePosition(logId, epoch, newPosition, newEventId, readyPosition, newParked);
  }
}
