package com.gyroscops.payments.write.journal;

import java.nio.file.Path;

/**
 * How a journal is kept.
 *
 * @param folder whose journal it is
 * @param segmentBytesMax size at which a segment ends; 4 KiB to 1 GiB
 * @param behindEventsMax by how many events it may be behind before commands that need it are
 *     refused
 */
public record JournalRules(Path folder, long segmentBytesMax, long behindEventsMax) {

  private static final long SEGMENT_BYTES_LEAST = 4 * 1024;
  private static final long SEGMENT_BYTES_MOST = 1024 * 1024 * 1024;

  public JournalRules {
    if (segmentBytesMax < SEGMENT_BYTES_LEAST || segmentBytesMax > SEGMENT_BYTES_MOST) {
      throw new IllegalArgumentException(
          "a journal's segments take %d to %d bytes, not %d"
              .formatted(SEGMENT_BYTES_LEAST, SEGMENT_BYTES_MOST, segmentBytesMax));
    }
    if (behindEventsMax < 1) {
      throw new IllegalArgumentException(
          "a journal is always some events behind, not " + behindEventsMax);
    }
  }
}
