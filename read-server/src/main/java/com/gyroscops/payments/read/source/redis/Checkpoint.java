package com.gyroscops.payments.read.source.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.gyroscops.payments.read.source.SourcePosition;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What Redis knows of a projection. Its text is compared as a whole, so it says everything that
 * must not have changed.
 *
 * @param generation name of the documents that belong to it; lasts until the source is emptied
 * @param fence newest that has taken over
 * @param at where the documents stand; nothing is ever parked
 */
record Checkpoint(String generation, long fence, SourcePosition at) {

  /** First line; another one is of a release that stores something else. */
  private static final String FORMAT = "2";

  private static final int LINES = 9;

  Checkpoint {
    if (generation.isEmpty() || (generation + at).indexOf('\n') >= 0) {
      throw new IllegalArgumentException("not fit for lines: " + generation + ", " + at);
    }
  }

  /** Of a source that belongs to no log. */
  static Checkpoint empty(String generation, long fence) {
    return new Checkpoint(generation, fence, SourcePosition.NOWHERE);
  }

  Checkpoint under(long newFence) {
    return new Checkpoint(generation, newFence, at);
  }

  Checkpoint standingAt(SourcePosition there) {
    return new Checkpoint(generation, fence, there);
  }

  byte[] toBytes() {
    return String.join(
            "\n",
            FORMAT,
            generation,
            Long.toString(fence),
            Long.toString(at.position()),
            Long.toString(at.readyPosition()),
            at.logId(),
            at.epoch(),
            at.ancestorsText(),
            at.eventId())
        .getBytes(UTF_8);
  }

  /** Empty where there is none that this release understands. */
  static Optional<Checkpoint> parse(byte @Nullable [] bytes) {
    if (bytes == null) {
      return Optional.empty();
    }
    String[] lines = new String(bytes, UTF_8).split("\n", -1);
    if (lines.length != LINES || !lines[0].equals(FORMAT)) {
      return Optional.empty();
    }
    SourcePosition at =
        new SourcePosition(
            lines[5],
            SourcePosition.lineage(lines[6], lines[7]),
            Long.parseLong(lines[3]),
            lines[8],
            Long.parseLong(lines[4]),
            0);
    return Optional.of(new Checkpoint(lines[1], Long.parseLong(lines[2]), at));
  }
}
