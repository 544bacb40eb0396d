package com.gyroscops.payments.platform.journal;

import com.gyroscops.payments.v1.PaymentEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A line that holds an event.
 *
 * @param prev hash of the entry before
 * @param hash of this one
 */
public record JournalEntry(long position, String prev, String hash, String eventId) {

  /** Most bytes of a line: several times what the largest event of the contract takes. */
  public static final int LINE_BYTES_MAX = 4 * 1024 * 1024;

  /** An entry and its line, line feed included. */
  public record Written(JournalEntry entry, ByteBuffer line) {}

  /**
   * The entry of an event.
   *
   * @param prev hash of the entry before, or {@link SegmentHeader#firstPrev}
   * @throws IllegalArgumentException if the event has no id or no position, holds what this version
   *     does not know, or is too large
   */
  public static Written of(PaymentEvent event, String prev) {
    if (event.getEventId().isEmpty() || event.getPosition() < 1) {
      throw new IllegalArgumentException("no event of a log: it lacks its id or its position");
    }
    String body =
        "{\"position\":"
            + event.getPosition()
            + ",\"prev\":\""
            + prev
            + "\",\"event\":"
            + CanonicalJson.of(event);
    String hash = HexSha256.of(body);
    byte[] line = (body + ",\"hash\":\"" + hash + "\"}\n").getBytes(StandardCharsets.UTF_8);
    if (line.length > LINE_BYTES_MAX) {
      throw new IllegalArgumentException(
          "the event at %d takes %d bytes, more than %d"
              .formatted(event.getPosition(), line.length, LINE_BYTES_MAX));
    }
    return new Written(
        new JournalEntry(event.getPosition(), prev, hash, event.getEventId()),
        ByteBuffer.wrap(line));
  }
}
