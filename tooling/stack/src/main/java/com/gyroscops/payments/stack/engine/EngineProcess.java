package com.gyroscops.payments.stack.engine;

import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.stack.process.LogTail;
import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An engine's process on its data folder, from its start until it has stopped. For concurrent use.
 */
final class EngineProcess {

  /** Has most programs stop. */
  static final String TERM = "TERM";

  private static final Duration POLL = Duration.ofMillis(25);

  /** How long a process may take to vanish once it was killed. */
  private static final Duration KILL_MAX = Duration.ofSeconds(60);

  /** Another process may take a free port between its choice and its use. */
  private static final int FREE_PORT_ATTEMPTS_MAX = 5;

  private static final int LOG_TAIL_LINES = 25;

  /** POSIX; it becomes the process that it starts. */
  private static final List<String> YIELD = List.of("nice", "-n", "5");

  private final Engine.Kind kind;
  private final Process process;
  private final int port;

  private EngineProcess(Engine.Kind kind, Process process, int port) {
    this.kind = kind;
    this.process = process;
    this.port = port;
  }

  /**
   * Starts an engine and waits until it answers.
   *
   * @param port on loopback; 0: any free one
   * @throws IOException if it does not come up; with the end of its log
   */
  static EngineProcess start(Engine.Kind kind, EngineFolder folder, int port, Path log)
      throws IOException {
    for (int attempt = 1; ; attempt++) {
      int chosen = port == 0 ? FreePorts.next() : port;
      EngineProcess engine =
          new EngineProcess(kind, launch(folder, log, command(kind, folder, chosen)), chosen);
      Optional<String> trouble;
      try {
        folder.started(engine.process.toHandle());
        trouble = engine.awaitReady(folder);
      } catch (IOException | RuntimeException e) {
        engine.process.destroyForcibly();
        throw e;
      }
      if (trouble.isEmpty()) {
        return engine;
      }
      boolean endedByItself = !engine.process.isAlive();
      kill(engine.process.toHandle());
      if (port != 0 || !endedByItself || attempt == FREE_PORT_ATTEMPTS_MAX) {
        throw new IOException(
            trouble.get() + "; the end of its log:\n" + LogTail.of(log, LOG_TAIL_LINES));
      }
    }
  }

  private static List<String> command(Engine.Kind kind, EngineFolder folder, int port) {
    List<String> command = kind.command().of(folder.path(), port);
    if (!kind.yields()) {
      return command;
    }
    List<String> yielding = new ArrayList<>(YIELD);
    yielding.addAll(command);
    return yielding;
  }

  private static Process launch(EngineFolder folder, Path log, List<String> command)
      throws IOException {
    Files.createDirectories(log.toAbsolutePath().getParent());
    Process process =
        new ProcessBuilder(command)
            .directory(folder.path().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    process.getOutputStream().close();
    return process;
  }

  private Optional<String> awaitReady(EngineFolder folder) throws IOException {
    long deadline = System.nanoTime() + kind.startMax().toNanos();
    String last = "";
    while (System.nanoTime() < deadline) {
      if (!process.isAlive()) {
        return Optional.of(
            "%s ended with code %d while starting on port %d"
                .formatted(kind.name(), process.exitValue(), port));
      }
      Optional<String> trouble = kind.ready().ask(folder.path(), port, process.toHandle());
      if (trouble.isEmpty()) {
        return trouble;
      }
      last = trouble.get();
      pause();
    }
    return Optional.of(
        "%s did not answer on port %d within %d s (%s)"
            .formatted(kind.name(), port, kind.startMax().toSeconds(), last));
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while an engine starts", e);
    }
  }

  int port() {
    return port;
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /**
   * Has it stop. Without effect where it is gone.
   *
   * @throws IOException if it had to be killed
   */
  void stop() throws IOException {
    if (!end(process.toHandle(), kind.stopSignal(), kind.stopMax())) {
      throw new IOException(
          "%s did not stop within %d s and was killed"
              .formatted(kind.name(), kind.stopMax().toSeconds()));
    }
  }

  /**
   * Has a process stop by a signal, and kills it if it does not. Without effect where it is gone.
   *
   * @return whether it stopped without being killed
   * @throws IOException if it does not even end then
   */
  static boolean end(ProcessHandle process, String signal, Duration stopMax) throws IOException {
    if (!Processes.isRunning(process)) {
      return true;
    }
    if (isSignalled(process, signal) && Processes.awaitEnd(List.of(process), stopMax)) {
      return true;
    }
    kill(process);
    return false;
  }

  /** Needs a program for other signals than TERM, which there may not be. */
  private static boolean isSignalled(ProcessHandle process, String signal) {
    if (signal.equals(TERM)) {
      return process.destroy();
    }
    try {
      Processes.send(process, signal);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /**
   * Kills a process and waits until it is gone.
   *
   * @throws IOException if it does not end
   */
  static void kill(ProcessHandle process) throws IOException {
    process.destroyForcibly();
    if (!Processes.awaitEnd(List.of(process), KILL_MAX)) {
      throw new IOException("process " + process.pid() + " does not end");
    }
  }
}
