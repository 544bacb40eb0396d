package com.gyroscops.payments.stack.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;

/**
 * What the JDK does not know of processes: to pause them, which is which whatever becomes of the
 * clock, and whether they still run, those included that are no children of this one. For them
 * {@link ProcessHandle#onExit} looks only every few seconds, and {@link ProcessHandle#isAlive}
 * takes for alive what ended and was not yet collected by its parent, which in a container may be
 * never.
 */
public final class Processes {

  /** Place of the number of threads behind the name in a process's stat file. */
  private static final int THREADS = 17;

  /** Likewise of when it started, in ticks since the system did. */
  private static final int START = 19;

  /** Another one each time that the system starts. */
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

  /** The clock by which a start is told is read to the second on some systems. */
  private static final Duration START_TOLERANCE = Duration.ofSeconds(2);

  private static final Duration POLL = Duration.ofMillis(20);

  private Processes() {}

  /** Whether it runs; one that ended and is not yet collected (a zombie) does not. */
  public static boolean isRunning(ProcessHandle process) {
    if (!process.isAlive()) {
      return false;
    }
    Path stat = stat(process);
    if (!Files.exists(stat)) {
      return process.isAlive(); // No such file system, or it ended just now.
    }
    try {
      String[] words = wordsBehindName(stat);
      boolean ended = words[0].equals("Z") || words[0].equals("X");
      // A killed one counts as ended with its first thread; its ports are free after the last one.
      return !ended || Integer.parseInt(words[THREADS]) > 1;
    } catch (IOException e) {
      return process.isAlive(); // It ended while its file was read.
    }
  }

  /**
   * When a process started, in one word that tells it from all others of its number. As long as it
   * runs the word stays the same: {@link ProcessHandle.Info#startInstant} moves when the system's
   * clock is set, as it is where a machine stood still for a while.
   *
   * @return empty if it has ended, or the system does not tell
   */
  public static Optional<String> start(ProcessHandle process) {
    if (!Files.exists(BOOT)) {
      return process.info().startInstant().map(Instant::toString);
    }
    try {
      return Optional.of(
          Files.readString(BOOT).strip() + "+" + wordsBehindName(stat(process))[START]);
    } catch (IOException e) {
      return Optional.empty(); // It has ended.
    }
  }

  /**
   * Whether a process started at that time by the system's clock, as files of before have it. Not
   * so where the clock was set meanwhile.
   */
  public static boolean startedNear(ProcessHandle process, Instant time) {
    return process
        .info()
        .startInstant()
        .filter(it -> Duration.between(it, time).abs().compareTo(START_TOLERANCE) <= 0)
        .isPresent();
  }

  private static Path stat(ProcessHandle process) {
    return Path.of("/proc", Long.toString(process.pid()), "stat");
  }

  /** Of: pid (name) state ...; the name may hold anything. */
  private static String[] wordsBehindName(Path stat) throws IOException {
    String text = Files.readString(stat, java.nio.charset.StandardCharsets.ISO_8859_1);
    return text.substring(text.lastIndexOf(')') + 1).strip().split(" ", -1);
  }

  /**
   * Has a process and all that it started stand still until {@link #resume}.
   *
   * @throws IOException it cannot be, or the calling thread is interrupted
   */
  public static void pause(ProcessHandle process) throws IOException {
    signal(process, "STOP");
  }

  /** Has a process and all that it started go on after {@link #pause}. */
  public static void resume(ProcessHandle process) throws IOException {
    signal(process, "CONT");
  }

  /** To itself first, so that one that stands still starts no others. */
  private static void signal(ProcessHandle process, String signal) throws IOException {
    send(process, signal);
    for (ProcessHandle started : process.descendants().toList()) {
      send(started, signal);
    }
  }

  /** Sends a signal, named without SIG. One that has ended meanwhile needs none. */
  public static void send(ProcessHandle process, String signal) throws IOException {
    try {
      int exit =
          new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
      if (exit != 0 && isRunning(process)) {
        throw new IOException("process " + process.pid() + " does not take signal " + signal);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while a process is signalled", e);
    }
  }

  /**
   * Waits until none of them runs.
   *
   * @return whether that came in time
   * @throws IOException if the calling thread is interrupted
   */
  public static boolean awaitEnd(Collection<ProcessHandle> processes, Duration timeMax)
      throws IOException {
    long deadline = System.nanoTime() + timeMax.toNanos();
    while (processes.stream().anyMatch(Processes::isRunning)) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      try {
        Thread.sleep(POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while processes end", e);
      }
    }
    return true;
  }
}
