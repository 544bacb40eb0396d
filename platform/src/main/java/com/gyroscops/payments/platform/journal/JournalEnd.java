package com.gyroscops.payments.platform.journal;

import com.gyroscops.payments.platform.journal.Fault.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a journal ends, for who continues it.
 *
 * @param tail null: the journal is empty
 * @param abandoned a segment that had only begun, of which no entry was written whole: it must be
 *     removed. The history that it names may hold nothing of the journal
 */
public record JournalEnd(@Nullable Tail tail, @Nullable Path abandoned) {

  /**
   * The end of a journal that has begun.
   *
   * @param header of the last segment
   * @param last its newest entry
   * @param segment the last one
   * @param length bytes of it that hold: what is behind is torn and must be cut
   */
  public record Tail(SegmentHeader header, JournalEntry last, Segment segment, long length) {}

  /**
   * Finds the end. Reads the last segment whole, and of those before the first and the last line:
   * so it takes time for one segment, whatever the journal's size.
   *
   * @throws JournalDamagedException if anything of that is wrong, but for a torn tail
   */
  public static JournalEnd find(Path folder) throws IOException, JournalDamagedException {
    Links links = new Links();
    @Nullable Tail tail = null;
    List<Segment> segments = Segment.all(folder);
    for (Segment segment : segments) {
      boolean newest = segment.equals(segments.getLast());
      try (SegmentReader reader = new SegmentReader(segment, newest, _ -> {})) {
        SegmentHeader header = reader.header();
        requireLinked(links.fault(segment, header));
        if (newest) {
          return end(reader, header, segment)
              .map(end -> new JournalEnd(end, null))
              .orElse(new JournalEnd(tail, segment.file()));
        }
        tail = new Tail(header, reader.last(), segment, reader.endOffset());
        links.passed(header, tail.last().position(), tail.last().hash());
      } catch (JournalDamagedException e) {
        // A torn entry ends the journal well, so this is a torn header.
        if (e.fault().kind() != Kind.TORN_TAIL) {
          throw e;
        }
        requireLinked(links.fault(segment, null));
        return new JournalEnd(tail, segment.file());
      }
    }
    return new JournalEnd(tail, null);
  }

  private static void requireLinked(@Nullable Fault unlinked) throws JournalDamagedException {
    if (unlinked != null) {
      throw new JournalDamagedException(unlinked);
    }
  }

  /** The end in the last segment; empty: it has no entry. */
  private static Optional<Tail> end(SegmentReader reader, SegmentHeader header, Segment segment)
      throws IOException, JournalDamagedException {
    @Nullable JournalEntry last = null;
    long length = 0;
    try {
      while (reader.next()) {
        last = reader.entry();
        length = reader.endOffset();
      }
    } catch (JournalDamagedException e) {
      // What holds is before it.
      if (e.fault().kind() != Kind.TORN_TAIL) {
        throw e;
      }
    }
    return last == null ? Optional.empty() : Optional.of(new Tail(header, last, segment, length));
  }
}
