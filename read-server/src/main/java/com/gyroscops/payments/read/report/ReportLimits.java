package com.gyroscops.payments.read.report;

import java.time.Duration;

/**
 * How much reports may take.
 *
 * @param bytesMax largest file
 * @param openMax reports of one organization that have not ended
 * @param runningMax reports that one server writes at once; each holds a chunk and a page in memory
 * @param chunkBytes size from which on a chunk ends, and with it what a crash costs
 * @param timeMax how long a report is tried, from its first attempt; to the second
 * @param retention how long a report is kept once it has ended
 * @param downloadsMax downloads from one server at once; each holds a file open
 */
public record ReportLimits(
    long bytesMax,
    int openMax,
    int runningMax,
    int chunkBytes,
    Duration timeMax,
    Duration retention,
    int downloadsMax) {

  private static final int CHUNK_BYTES_MIN = 1024;
  private static final int CHUNK_BYTES_MAX = 64 * 1024 * 1024;

  /** Most chunks of a report: they are listed whole. */
  private static final int CHUNKS_MAX = 100_000;

  public ReportLimits {
    require(
        chunkBytes >= CHUNK_BYTES_MIN && chunkBytes <= CHUNK_BYTES_MAX,
        "REPORT_CHUNK_BYTES must be " + CHUNK_BYTES_MIN + " to " + CHUNK_BYTES_MAX);
    require(
        bytesMax >= 1 && bytesMax / chunkBytes <= CHUNKS_MAX,
        "REPORT_BYTES_MAX must be 1 to " + CHUNKS_MAX + " times REPORT_CHUNK_BYTES");
    require(openMax >= 1, "REPORTS_OPEN_MAX must be 1 or more");
    require(runningMax >= 1, "REPORTS_RUNNING_MAX must be 1 or more");
    require(timeMax.toSeconds() >= 1, "REPORT_TIME_MAX must be 1 second or more");
    require(retention.isPositive(), "REPORT_RETENTION must be positive");
    require(downloadsMax >= 1, "REPORT_DOWNLOADS_MAX must be 1 or more");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
