package com.gyroscops.payments.contract.journal;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The first line of a segment: which log's history it is part of, and where it begins. It ties the
 * segment to the one before.
 *
 * @param logId name of the log
 * @param epoch of the log's history
 * @param firstPosition of the first event that follows
 * @param prev hash of the event before that; {@link #origin} if there is none
 */
public record SegmentHeader(String logId, String epoch, long firstPosition, String prev) {

  /** Version of the format. Another one is not read. */
  public static final int FORMAT = 1;

  /** What names of logs and epochs are made of, so that they need no escapes. */
  private static final String NAME = "[A-Za-z0-9._-]{1,64}";

  private static final Pattern BODY =
      Pattern.compile(
          "\\{\"format\":1,\"log_id\":\"(%1$s)\",\"epoch\":\"(%1$s)\",\"first_position\":([1-9][0-9]{0,17}),\"prev\":\"([0-9a-f]{64})\""
              .formatted(NAME));

  public SegmentHeader {
    if (firstPosition < 1 || !logId.matches(NAME) || !epoch.matches(NAME)) {
      throw new IllegalArgumentException(
          "no segment begins at %d of log %s, epoch %s".formatted(firstPosition, logId, epoch));
    }
  }

  /** The hash that stands before the first event of a history. */
  public static String origin(String logId, String epoch) {
    return Sha256.of(beginning(logId, epoch) + "}");
  }

  private static String beginning(String logId, String epoch) {
    return "{\"format\":%d,\"log_id\":\"%s\",\"epoch\":\"%s\"".formatted(FORMAT, logId, epoch);
  }

  /** The line, line feed included. */
  public byte[] line() {
    String body =
        "%s,\"first_position\":%d,\"prev\":\"%s\""
            .formatted(beginning(logId, epoch), firstPosition, prev);
    return (body + ",\"hash\":\"" + Sha256.of(body) + "\"}\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Reads the line's part before its hash; empty if it is no header of this format. */
  static Optional<SegmentHeader> parse(String body) {
    Matcher header = BODY.matcher(body);
    return header.matches()
        ? Optional.of(
            new SegmentHeader(
                header.group(1), header.group(2), Long.parseLong(header.group(3)), header.group(4)))
        : Optional.empty();
  }
}
