package com.gyroscops.payments.contract;

/**
 * Newest position of a log, at some time.
 *
 * @param logId name of the log
 * @param lineage its present history at that time, and those that it came from
 */
public record LogHead(String logId, Lineage lineage, long position) {
  public LogHead {
    if (logId.isEmpty() || position < 0) {
      throw new IllegalArgumentException("not a head: " + logId + "/" + lineage + "/" + position);
    }
  }

  /** The head of a log that has had one history. */
  public LogHead(String logId, String epoch, long position) {
    this(logId, Lineage.of(epoch), position);
  }

  /** Identity of the present history. */
  public String epoch() {
    return lineage.epoch();
  }

  /** Whether what a log's epoch held at a position is part of this log's present history. */
  public boolean holds(String otherLogId, String otherEpoch, long otherPosition) {
    return logId.equals(otherLogId) && lineage.holds(otherEpoch, otherPosition);
  }

  /** Whether it is of a later history than the other, of the same log. */
  public boolean succeeds(LogHead other) {
    return logId.equals(other.logId()) && lineage.descendsFrom(other.epoch());
  }
}
