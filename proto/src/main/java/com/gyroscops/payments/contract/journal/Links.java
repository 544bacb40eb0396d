package com.gyroscops.payments.contract.journal;

import com.gyroscops.payments.contract.journal.Fault.Kind;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How segments follow one another, in their order. Not for concurrent use. */
final class Links {

  private @Nullable SegmentHeader first;
  private long position;
  private String hash = "";

  /** Position of the last entry of those that passed; 0: none. */
  long position() {
    return position;
  }

  /** Its hash. */
  String hash() {
    return hash;
  }

  /** Name of the log; empty: no segment has passed. */
  String logId() {
    return first == null ? "" : first.logId();
  }

  String epoch() {
    return first == null ? "" : first.epoch();
  }

  /**
   * Whether a segment is the next one.
   *
   * @param header null: it could not be read; then its name alone is looked at
   * @return null: it is
   */
  @Nullable Fault fault(Segment segment, @Nullable SegmentHeader header) {
    if (segment.firstPosition() > position + 1) {
      return new Fault(
          Kind.MISSING_SEGMENT,
          Segment.in(Objects.requireNonNull(segment.file().getParent()), position + 1).name(),
          0,
          0,
          position + 1,
          "the segment is missing; the next one is " + segment.name());
    }
    if (segment.firstPosition() < position + 1) {
      return fault(
          segment,
          Kind.OUT_OF_ORDER,
          "the segment begins at %d, but the one before ends at %d"
              .formatted(segment.firstPosition(), position));
    }
    SegmentHeader begun = first;
    if (header == null) {
      return null;
    }
    if (begun != null
        && !(begun.logId().equals(header.logId()) && begun.epoch().equals(header.epoch()))) {
      return fault(
          segment,
          Kind.MIXED,
          "the segment is of log %s, epoch %s, the first one of log %s, epoch %s"
              .formatted(header.logId(), header.epoch(), begun.logId(), begun.epoch()));
    }
    String before = begun == null ? SegmentHeader.origin(header.logId(), header.epoch()) : hash;
    return header.prev().equals(before)
        ? null
        : fault(
            segment,
            Kind.UNCHAINED,
            "it does not continue from the segment before: it says prev "
                + header.prev()
                + ", but that is "
                + before);
  }

  /** A segment was read, up to an entry; where it has none, to the one before it. */
  void passed(SegmentHeader header, long lastPosition, String lastHash) {
    if (first == null) {
      first = header;
    }
    position = lastPosition;
    hash = lastHash;
  }

  private static Fault fault(Segment segment, Kind kind, String what) {
    return new Fault(kind, segment.name(), 1, 0, 0, what);
  }
}
