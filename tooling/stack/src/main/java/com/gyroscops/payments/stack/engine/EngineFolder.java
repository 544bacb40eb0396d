package com.gyroscops.payments.stack.engine;

import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The data folder of an engine, which belongs to one owner at a time. The owner holds a lock that
 * dies with its process and notes which process it started; whoever gets the lock may therefore
 * treat a process that still runs as left over, and stops it.
 */
final class EngineFolder implements AutoCloseable {

  /** Longest time a left-over engine gets to stop by itself. */
  private static final Duration STOP_MAX = Duration.ofSeconds(60);

  static final String NOTE = "engine.pid";

  /** Where the system does not tell a process's start: then nothing proves whose it is. */
  private static final String UNKNOWN = "unknown";

  private final Path path;
  private final FileChannel lock;

  private EngineFolder(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Takes a folder, making it if it does not exist, and stops what a killed owner left running.
   *
   * @param stopSignal what has that stop, without SIG
   * @throws IllegalStateException if another owner has it
   */
  static EngineFolder take(Path directory, String stopSignal) throws IOException {
    Files.createDirectories(directory);
    Path path = directory.toRealPath();
    EngineFolder folder = new EngineFolder(path, locked(path));
    try {
      var _ = folder.endLeftOver(stopSignal);
      return folder;
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /**
   * Stops what a killed owner left running on a folder.
   *
   * @return whether anything ran, also what had to be killed
   * @throws IllegalStateException if the owner lives
   */
  static boolean stopLeftOver(Path directory) throws IOException {
    return stopLeftOver(directory, EngineProcess.TERM, _ -> false);
  }

  /** What else may run on a folder whose owner was killed. */
  @FunctionalInterface
  interface Others {
    /** Ends them; whether there were any. */
    boolean end(Path folder) throws IOException;
  }

  /**
   * The same of an engine that stops by another signal, and has processes besides its first.
   *
   * @throws IllegalStateException if the owner lives
   */
  static boolean stopLeftOver(Path directory, String stopSignal, Others others) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    Path path = directory.toRealPath();
    try (EngineFolder folder = new EngineFolder(path, locked(path))) {
      boolean found = folder.endLeftOver(stopSignal);
      return others.end(path) || found;
    }
  }

  private static FileChannel locked(Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path.resolveSibling(path.getFileName() + ".lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
    @Nullable FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      channel.close();
      throw new IllegalStateException("another process uses the folder " + path);
    }
    return channel;
  }

  Path path() {
    return path;
  }

  /** Notes the process that works on the folder. */
  void started(ProcessHandle process) throws IOException {
    Path draft = path.resolve(NOTE + ".new");
    Files.writeString(draft, process.pid() + " " + startOf(process) + "\n" + path + "\n");
    Files.move(
        draft,
        path.resolve(NOTE),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.ATOMIC_MOVE);
  }

  private boolean endLeftOver(String stopSignal) throws IOException {
    Path note = path.resolve(NOTE);
    if (!Files.exists(note)) {
      return false;
    }
    List<String> lines = Files.readString(note).lines().toList();
    List<String> words = lines.isEmpty() ? List.of() : List.of(lines.getFirst().split(" ", -1));
    Optional<ProcessHandle> leftOver =
        Optional.of(words)
            // A copy of the folder has the note of the one that it is of.
            .filter(_ -> lines.size() < 2 || lines.get(1).equals(path.toString()))
            .filter(it -> it.size() == 2 && it.getFirst().matches("[0-9]{1,18}"))
            .flatMap(it -> ProcessHandle.of(Long.parseLong(it.getFirst())))
            // Its number may be another process's by now.
            .filter(it -> Processes.isRunning(it) && started(it, words.getLast()));
    if (leftOver.isPresent()) {
      // Engines recover at their next start, so one that had to be killed is no failure.
      var _ = EngineProcess.end(leftOver.get(), stopSignal, STOP_MAX);
    }
    Files.deleteIfExists(note);
    return leftOver.isPresent();
  }

  /** Whether a note means this process; one of before has the start by the system's clock. */
  private static boolean started(ProcessHandle process, String noted) {
    if (noted.endsWith("Z")) {
      return Processes.startedNear(process, Instant.parse(noted));
    }
    return !noted.equals(UNKNOWN) && startOf(process).equals(noted);
  }

  private static String startOf(ProcessHandle process) {
    return Processes.start(process).orElse(UNKNOWN);
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
