package com.gyroscops.payments.read.feed;

/**
 * Newest position of a log, at some time.
 *
 * @param logId name of the log
 * @param epoch identity of its history
 */
public record LogHead(String logId, String epoch, long position) {
  public LogHead {
    if (logId.isEmpty() || epoch.isEmpty() || position < 0) {
      throw new IllegalArgumentException("not a head: " + logId + "/" + epoch + "/" + position);
    }
  }
}
