package com.gyroscops.payments.platform.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file of a journal.
 *
 * @param firstPosition as its name says
 */
public record Segment(Path file, long firstPosition) {

  private static final Pattern NAME = Pattern.compile("journal-([0-9]{20})\\.jsonl");

  /** The segment of a folder that begins at a position. */
  public static Segment in(Path folder, long firstPosition) {
    return new Segment(
        folder.resolve(String.format(Locale.ROOT, "journal-%020d.jsonl", firstPosition)),
        firstPosition);
  }

  /** All segments of a folder, in order. Files of other names are none. */
  public static List<Segment> all(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(Segment::of)
          .flatMap(Optional::stream)
          .sorted(Comparator.comparingLong(Segment::firstPosition))
          .toList();
    }
  }

  private static Optional<Segment> of(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    try {
      return name.matches()
          ? Optional.of(new Segment(file, Long.parseLong(name.group(1))))
          : Optional.empty();
    } catch (NumberFormatException e) {
      // Twenty digits can say more than there are positions.
      return Optional.empty();
    }
  }

  /** Its file's name. */
  public String name() {
    return file.getFileName().toString();
  }
}
