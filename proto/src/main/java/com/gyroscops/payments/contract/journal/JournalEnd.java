package com.gyroscops.payments.contract.journal;

import com.gyroscops.payments.contract.journal.Fault.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a journal ends, for who continues it.
 *
 * @param tail null: the journal is empty
 * @param abandoned a segment of which not even the header was written whole: it must be removed
 */
public record JournalEnd(@Nullable Tail tail, @Nullable Path abandoned) {

  /**
   * The end of a journal that has begun.
   *
   * @param header of the last segment
   * @param last its newest entry, be it in the segment before; null: none yet
   * @param segment the last one
   * @param length bytes of it that hold: what is behind is torn and must be cut
   */
  public record Tail(
      SegmentHeader header, @Nullable JournalEntry last, Segment segment, long length) {

    /** Position of the newest entry; 0: none. */
    public long position() {
      return last == null ? 0 : last.position();
    }

    /** What the next entry's prev is. */
    public String hash() {
      return last == null ? header.prev() : last.hash();
    }
  }

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
        Fault unlinked = links.fault(segment, header);
        if (unlinked != null) {
          throw new JournalDamagedException(unlinked);
        }
        JournalEntry before = tail == null ? null : tail.last();
        tail =
            newest
                ? end(reader, header, before, segment)
                : new Tail(header, reader.last(), segment, reader.endOffset());
        links.passed(header, tail.position(), tail.hash());
      } catch (JournalDamagedException e) {
        // A torn entry ends the journal well, so this is a torn header.
        if (e.fault().kind() != Kind.TORN_TAIL) {
          throw e;
        }
        Fault missing = links.fault(segment, null);
        if (missing != null) {
          throw new JournalDamagedException(missing);
        }
        return new JournalEnd(tail, segment.file());
      }
    }
    return new JournalEnd(tail, null);
  }

  private static Tail end(
      SegmentReader reader, SegmentHeader header, @Nullable JournalEntry before, Segment segment)
      throws IOException, JournalDamagedException {
    @Nullable JournalEntry last = before;
    long length = reader.endOffset();
    try {
      while (reader.next()) {
        last = reader.entry();
        length = reader.endOffset();
      }
    } catch (JournalDamagedException e) {
      if (e.fault().kind() != Kind.TORN_TAIL) {
        throw e;
      }
      // What holds is before it.
      length = e.fault().offset();
    }
    return new Tail(header, last, segment, length);
  }
}
