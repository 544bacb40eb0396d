package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.process.FileTrees;
import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Ahead-of-time caches of the JVM, one for each program: what it loaded, linked and found hot in a
 * training run. They appear, each by a rename, once all of a run are complete. A JVM that can make
 * no use of one says so and starts without.
 */
public record AotCaches(Path folder) {

  /** The JVM says there what it does not like about a cache, before anything else is said. */
  private static final int LOG_BYTES_MAX = 16_384;

  private static final String USE = "-XX:AOTCache=";

  /** Before the number of the process that writes it. */
  private static final String DRAFT = "aot-draft-";

  private static final Pattern DRAFT_NAME = Pattern.compile(DRAFT + "(\\d{1,18})-.*");

  private static final Pattern REFUSAL =
      Pattern.compile(
          "^\\[[^\\]]*\\]\\[(?:warning|error) *\\]\\[(?:aot|cds)[^\\]]*\\] (.+)$",
          Pattern.MULTILINE);

  /** Whether all of these programs have one. */
  public boolean existFor(List<String> programs) {
    return programs.stream().allMatch(program -> Files.exists(cache(program)));
  }

  /** Removes one that is of no use, so that it is trained again. */
  void remove(String program) throws IOException {
    Files.deleteIfExists(cache(program));
  }

  /** Options by which a program's JVM uses its cache; none where there is none. */
  public List<String> options(String program) {
    Path cache = cache(program);
    return Files.exists(cache) ? List.of(USE + cache) : List.of();
  }

  /** Whether an option is one of {@link #options}. */
  static boolean isUse(String option) {
    return option.startsWith(USE);
  }

  /** Options by which a program's JVM writes its cache when it ends. */
  public List<String> trainingOptions(String program) {
    return List.of("-XX:AOTCacheOutput=" + cache(program));
  }

  private Path cache(String program) {
    return folder.resolve(program + ".aot");
  }

  /** A folder beside this one for caches that are being written, of this process. */
  AotCaches draft() throws IOException {
    return new AotCaches(
        Files.createTempDirectory(
            folder.resolve("..").normalize(), DRAFT + ProcessHandle.current().pid() + "-"));
  }

  /** Removes drafts of processes that are gone. */
  void removeAbandonedDrafts() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("..").normalize())) {
      for (Path file : files.toList()) {
        Matcher name = DRAFT_NAME.matcher(file.getFileName().toString());
        if (name.matches()
            && ProcessHandle.of(Long.parseLong(name.group(1)))
                .filter(Processes::isRunning)
                .isEmpty()) {
          FileTrees.delete(file);
        }
      }
    }
  }

  /**
   * Takes over what is in a draft, which is gone then.
   *
   * @return their size in bytes
   * @throws IOException if one of the programs left no cache
   */
  long publish(AotCaches draft, List<String> programs) throws IOException {
    for (String program : programs) {
      if (!Files.exists(draft.cache(program))) {
        throw new IOException(program + " left no ahead-of-time cache when it ended");
      }
    }
    Files.createDirectories(folder);
    long bytes = 0;
    for (String program : programs) {
      Path cache = draft.cache(program);
      bytes += Files.size(cache);
      Files.move(cache, cache(program), StandardCopyOption.ATOMIC_MOVE);
    }
    FileTrees.delete(draft.folder());
    return bytes;
  }

  /** Why a JVM whose log this is runs without the cache that it was given; empty: it uses it. */
  static Optional<String> refusal(Path log, long offset) throws IOException {
    try (FileChannel channel = FileChannel.open(log)) {
      channel.position(offset);
      String start =
          new String(
              Channels.newInputStream(channel).readNBytes(LOG_BYTES_MAX), StandardCharsets.UTF_8);
      Matcher matcher = REFUSAL.matcher(start);
      return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
  }
}
