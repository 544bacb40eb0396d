package com.gyroscops.payments.localstack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;

/**
 * Whether processes still run, those included that are no children of this one. For them the JDK's
 * own answers fall short: {@link ProcessHandle#onExit} looks only every few seconds, and {@link
 * ProcessHandle#isAlive} takes for alive what ended and was not yet collected by its parent, which
 * in a container may be never.
 */
public final class Processes {

  /** Place of the number of threads behind the name in a process's stat file. */
  private static final int THREADS = 17;

  private static final Duration POLL = Duration.ofMillis(20);

  private Processes() {}

  /** Whether it runs; one that ended and is not yet collected (a zombie) does not. */
  public static boolean isRunning(ProcessHandle process) {
    if (!process.isAlive()) {
      return false;
    }
    Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
    if (!Files.exists(stat)) {
      return process.isAlive(); // No such file system, or it ended just now.
    }
    try {
      // pid (name) state ...; the name may hold anything.
      String text = Files.readString(stat, java.nio.charset.StandardCharsets.ISO_8859_1);
      String afterName = text.substring(text.lastIndexOf(')') + 1).strip();
      boolean ended = afterName.startsWith("Z") || afterName.startsWith("X");
      // A killed one counts as ended with its first thread; its ports are free after the last one.
      return !ended || Integer.parseInt(afterName.split(" ", -1)[THREADS]) > 1;
    } catch (IOException e) {
      return process.isAlive(); // It ended while its file was read.
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
