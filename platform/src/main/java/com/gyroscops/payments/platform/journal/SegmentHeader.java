package com.gyroscops.payments.platform.journal;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The first line of a segment: which history of which log its events are part of, and where it
 * begins. It ties the segment to the one before.
 *
 * @param logId name of the log
 * @param origin epoch of the log's oldest history: the same in all segments
 * @param epoch of a history that holds all of the segment's events. After a failover or a restore
 *     the next segment names a later one
 * @param firstPosition of the first event that follows
 * @param prev hash of the event before that; {@link #firstPrev} if there is none
 */
public record SegmentHeader(
    String logId, String origin, String epoch, long firstPosition, String prev) {

  /** Version of the format that is written. The one before is read as well. */
  public static final int FORMAT = 2;

  /** What names of logs and epochs are made of, so that they need no escapes. */
  private static final String NAME = "[A-Za-z0-9._-]{1,64}";

  private static final String PLACE =
      ",\"first_position\":([1-9][0-9]{0,17}),\"prev\":\"([0-9a-f]{64})\"";

  /** Of a journal that was begun before histories could follow one another. */
  private static final Pattern FORMAT_1 =
      Pattern.compile(
          "\\{\"format\":1,\"log_id\":\"(%1$s)\",\"epoch\":\"(%1$s)\"%2$s".formatted(NAME, PLACE));

  private static final Pattern FORMAT_2 =
      Pattern.compile(
          "\\{\"format\":2,\"log_id\":\"(%1$s)\",\"origin\":\"(%1$s)\",\"epoch\":\"(%1$s)\"%2$s"
              .formatted(NAME, PLACE));

  public SegmentHeader {
    if (firstPosition < 1
        || !logId.matches(NAME)
        || !origin.matches(NAME)
        || !epoch.matches(NAME)) {
      throw new IllegalArgumentException(
          "no segment begins at %d of log %s, origin %s, epoch %s"
              .formatted(firstPosition, logId, origin, epoch));
    }
  }

  /**
   * The hash that stands before the first event of a log, the same in both formats and in every
   * history: so a journal's hashes do not depend on when it was begun.
   */
  public static String firstPrev(String logId, String origin) {
    return HexSha256.of(
        "{\"format\":1,\"log_id\":\"%s\",\"epoch\":\"%s\"}".formatted(logId, origin));
  }

  /** The line, line feed included. */
  public byte[] line() {
    String body =
        "{\"format\":%d,\"log_id\":\"%s\",\"origin\":\"%s\",\"epoch\":\"%s\",\"first_position\":%d,\"prev\":\"%s\""
            .formatted(FORMAT, logId, origin, epoch, firstPosition, prev);
    return (body + ",\"hash\":\"" + HexSha256.of(body) + "\"}\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Reads the line's part before its hash; empty if it is no header of a known format. */
  static Optional<SegmentHeader> parse(String body) {
    Matcher header = FORMAT_2.matcher(body);
    if (header.matches()) {
      return Optional.of(
          new SegmentHeader(
              header.group(1),
              header.group(2),
              header.group(3),
              Long.parseLong(header.group(4)),
              header.group(5)));
    }
    header = FORMAT_1.matcher(body);
    return header.matches()
        ? Optional.of(
            new SegmentHeader(
                header.group(1),
                header.group(2),
                header.group(2),
                Long.parseLong(header.group(3)),
                header.group(4)))
        : Optional.empty();
  }
}
