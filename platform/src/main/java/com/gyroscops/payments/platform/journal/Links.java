package com.gyroscops.payments.platform.journal;

import com.gyroscops.payments.platform.journal.Fault.Kind;
import com.gyroscops.payments.platform.journal.Verification.History;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How segments follow one another, in their order. Not for concurrent use.
 *
 * <p>All are of one log and one origin, and chained. The epoch may change from one to the next,
 * never back. That the new one names a later history of the log cannot be told from files: the
 * chain says that nothing was replaced, and whoever appended compared the journal with the log.
 */
final class Links {

  private @Nullable SegmentHeader first;
  private final List<History> histories = new ArrayList<>();
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

  /** Epoch of the log's oldest history; empty: no segment has passed. */
  String origin() {
    return first == null ? "" : first.origin();
  }

  /** Those that segments name, in order. */
  List<History> histories() {
    return List.copyOf(histories);
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
        && !(begun.logId().equals(header.logId()) && begun.origin().equals(header.origin()))) {
      return fault(
          segment,
          Kind.MIXED,
          "the segment is of log %s, origin %s, the first one of log %s, origin %s"
              .formatted(header.logId(), header.origin(), begun.logId(), begun.origin()));
    }
    String epoch = header.epoch();
    if (!isNewest(epoch) && histories.stream().anyMatch(it -> it.is(epoch))) {
      return fault(
          segment,
          Kind.MIXED,
          "the segment is of epoch %s, which ended before %s began"
              .formatted(epoch, histories.getLast().epoch()));
    }
    String before = begun == null ? SegmentHeader.firstPrev(header.logId(), header.origin()) : hash;
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

  private boolean isNewest(String epoch) {
    return !histories.isEmpty() && histories.getLast().is(epoch);
  }

  /** A segment was read, up to an entry; where it has none, to the one before it. */
  void passed(SegmentHeader header, long lastPosition, String lastHash) {
    if (first == null) {
      first = header;
    }
    if (!isNewest(header.epoch())) {
      histories.add(new History(header.epoch(), header.firstPosition()));
    }
    position = lastPosition;
    hash = lastHash;
  }

  private static Fault fault(Segment segment, Kind kind, String what) {
    return new Fault(kind, segment.name(), 1, 0, 0, what);
  }
}
