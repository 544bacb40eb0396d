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

  /** Most chunks of a report: they are listed whole. */
  private static final int CHUNKS_MAX = 100_000;

  public ReportLimits {
    if (bytesMax / chunkBytes > CHUNKS_MAX) {
      throw new IllegalArgumentException(
          "REPORT_BYTES_MAX must be at most " + CHUNKS_MAX + " times REPORT_CHUNK_BYTES");
    }
  }
}
