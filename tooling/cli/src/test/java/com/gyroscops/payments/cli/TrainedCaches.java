package com.gyroscops.payments.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Ahead-of-time caches that {@link AheadOfTimeIT} trained, for processes that tests start
 * themselves.
 */
public final class TrainedCaches {

  private TrainedCaches() {}

  /** Options by which a program's JVM uses its cache; none where it is not trained. */
  public static List<String> options(String program) {
    return options(CliStack.PROGRAMS, program);
  }

  static List<String> options(Path programs, String program) {
    if (!Files.isDirectory(programs)) {
      return List.of();
    }
    try (Stream<Path> copies = Files.list(programs)) {
      return copies
          .map(copy -> copy.resolve("aot").resolve(program + ".aot"))
          .filter(Files::exists)
          .max(Comparator.comparing(TrainedCaches::lastModified))
          // One of other jars is not used, and that is no news.
          .map(cache ->
              List.of(
                  "-XX:AOTCache=" + cache,
                  "-XX:+UseCompactObjectHeaders",
                  "-Xlog:aot=off",
                  "-Xlog:cds=off"))
          .orElse(List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FileTime lastModified(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
