package com.gyroscops.payments.platform.journal;

import com.gyroscops.payments.platform.journal.Fault.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a journal from its files alone: every byte of every line, that each continues from the
 * one before, and that each segment continues from the one before it. A journal that is being
 * written meanwhile is verified up to where it was.
 */
public final class JournalVerifier {

  private final Path folder;
  private final Expectation expected;
  private final LongConsumer progress;
  private final LongAdder bytes = new LongAdder();

  /**
   * @param progress hears how many bytes more were read; may be called by several threads at once
   */
  public JournalVerifier(Path folder, Expectation expected, LongConsumer progress) {
    this.folder = folder;
    this.expected = expected;
    this.progress = progress;
  }

  /**
   * What one segment is by itself.
   *
   * @param header null if it could not be read
   * @param lastPosition of the last entry that holds; if there is none, the one before the segment
   * @param hashAtExpected of the position that is expected, if it is in this segment
   * @param fault the first one of it
   */
  private record Checked(
      Segment segment,
      @Nullable SegmentHeader header,
      long lastPosition,
      String lastHash,
      @Nullable String hashAtExpected,
      @Nullable Fault fault) {}

  /**
   * Verifies segments side by side.
   *
   * @param threads at most so many segments at once
   * @throws IOException if a file cannot be read
   */
  public Verification verify(int threads) throws IOException, InterruptedException {
    List<Segment> segments = Segment.all(folder);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Checked>> checks = new ArrayList<>();
      for (Segment segment : segments) {
        boolean last = segment.equals(segments.getLast());
        Callable<Checked> check = () -> check(segment, last, null);
        checks.add(pool.submit(check));
      }
      Links links = new Links();
      @Nullable String hash = null;
      for (Future<Checked> check : checks) {
        Checked checked = result(check);
        hash = hash == null ? checked.hashAtExpected() : hash;
        Fault fault = add(links, checked);
        if (fault != null) {
          return verification(segments, links, fault);
        }
      }
      return verification(segments, links, unmet(segments, links, hash));
    } finally {
      // What is behind a fault is not read to its end.
      pool.shutdownNow();
    }
  }

  /**
   * Verifies one segment after the other, and shows each entry once it is verified. What is behind
   * a fault is not shown.
   *
   * @throws IOException if a file cannot be read, or the visitor throws it
   */
  public Verification read(JournalVisitor visitor) throws IOException {
    List<Segment> segments = Segment.all(folder);
    Links links = new Links();
    @Nullable String hash = null;
    for (Segment segment : segments) {
      Checked checked =
          check(segment, segment.equals(segments.getLast()), new Shown(links, visitor));
      hash = hash == null ? checked.hashAtExpected() : hash;
      Fault fault = add(links, checked);
      if (fault != null) {
        return verification(segments, links, fault);
      }
    }
    return verification(segments, links, unmet(segments, links, hash));
  }

  /**
   * Who is shown entries.
   *
   * @param links of the segments before: an entry is shown only where its segment continues them
   */
  private record Shown(Links links, JournalVisitor visitor) {}

  /** What is wrong with a segment, by itself or as the next of those before. */
  private static @Nullable Fault add(Links links, Checked checked) {
    SegmentHeader header = checked.header();
    Fault unlinked = links.fault(checked.segment(), header);
    if (unlinked == null && header != null) {
      links.passed(header, checked.lastPosition(), checked.lastHash());
    }
    return unlinked != null ? unlinked : checked.fault();
  }

  private Verification verification(List<Segment> segments, Links links, @Nullable Fault fault) {
    return new Verification(
        segments.size(),
        bytes.sum(),
        links.logId(),
        links.origin(),
        links.histories(),
        links.position(),
        links.hash(),
        fault);
  }

  /** What a journal that is whole by itself lacks of what is known from elsewhere. */
  private @Nullable Fault unmet(List<Segment> segments, Links links, @Nullable String hash) {
    long position = expected.position();
    String file = segments.isEmpty() ? Segment.in(folder, 1).name() : segments.getLast().name();
    if (segments.isEmpty()) {
      return new Fault(Kind.MISSING_SEGMENT, file, 0, 0, 1, "there is no journal in " + folder);
    }
    if (position > links.position()) {
      return new Fault(
          Kind.SHORT,
          file,
          0,
          0,
          links.position() + 1,
          "the journal ends at position %d, before %d".formatted(links.position(), position));
    }
    if (expected.hash() != null && !expected.hash().equals(hash)) {
      return new Fault(
          Kind.OTHER_HASH,
          file,
          0,
          0,
          position,
          "the hash at position %d is %s, not the one expected".formatted(position, hash));
    }
    return null;
  }

  private static <T> T result(Future<T> future) throws IOException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw new IOException(failure.getMessage(), failure);
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private Checked check(Segment segment, boolean last, @Nullable Shown shown) throws IOException {
    LongConsumer counted =
        read -> {
          bytes.add(read);
          progress.accept(read);
        };
    try (SegmentReader reader = new SegmentReader(segment, last, counted)) {
      @Nullable SegmentHeader header = null;
      @Nullable String atExpected = null;
      @Nullable Fault fault = null;
      try {
        header = reader.header();
        boolean showing = shown != null && shown.links().fault(segment, header) == null;
        while (reader.next()) {
          if (reader.position() == expected.position()) {
            atExpected = reader.hash();
          }
          if (showing && shown != null) {
            shown.visitor().entry(reader.position(), reader.line(), reader.event());
          }
        }
      } catch (JournalDamagedException e) {
        fault = e.fault();
      }
      return new Checked(segment, header, reader.position(), reader.hash(), atExpected, fault);
    }
  }
}
