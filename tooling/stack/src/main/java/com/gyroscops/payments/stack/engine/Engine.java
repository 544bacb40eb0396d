package com.gyroscops.payments.stack.engine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * An engine that runs on a folder of its own, from its start until it has stopped. For concurrent
 * use.
 */
final class Engine implements AutoCloseable {

  /**
   * How an engine is run.
   *
   * @param name for messages
   * @param prepare what to do on its folder before it starts, once whatever was noted there is gone
   * @param yields whether it lets others go first where there are too few processors: nobody waits
   *     for its work, and elsewhere it would have a machine of its own
   * @param startMax longest time until it answers
   * @param stopSignal what has it stop, without SIG
   * @param stopMax longest time that it gets to stop by itself
   */
  record Kind(
      String name,
      Preparation prepare,
      Command command,
      Question ready,
      boolean yields,
      Duration startMax,
      String stopSignal,
      Duration stopMax) {

    /** One that needs no preparation and stops on SIGTERM. */
    Kind(
        String name,
        Command command,
        Question ready,
        boolean yields,
        Duration startMax,
        Duration stopMax) {
      this(name, _ -> {}, command, ready, yields, startMax, EngineProcess.TERM, stopMax);
    }
  }

  /** Makes a folder ready for an engine. */
  @FunctionalInterface
  interface Preparation {
    void on(Path folder) throws IOException;
  }

  /** What to run for a folder and a port. */
  @FunctionalInterface
  interface Command {
    List<String> of(Path folder, int port);
  }

  /** Whether an engine answers. */
  @FunctionalInterface
  interface Question {
    /**
     * Asks once, for at most a second or two. Empty: it is ready; else what is wrong so far.
     *
     * @param process the engine that should answer on the port
     */
    Optional<String> ask(Path folder, int port, ProcessHandle process);
  }

  private static final int CONNECT_MILLIS_MAX = 1_000;

  private final EngineFolder folder;
  private final EngineProcess process;
  private final Optional<TemporaryFolder> temporary;

  private Engine(EngineFolder folder, EngineProcess process, Optional<TemporaryFolder> temporary) {
    this.folder = folder;
    this.process = process;
    this.temporary = temporary;
  }

  /**
   * Starts an engine on a folder, which is made if it does not exist, and waits until it answers.
   *
   * @param port on loopback; 0: any free one
   * @param log appended to
   * @throws IOException if it does not start; with the end of its log
   * @throws IllegalStateException if the folder is in use
   */
  static Engine start(Kind kind, Path directory, int port, Path log) throws IOException {
    return start(kind, directory, port, log, Optional.empty());
  }

  /** Starts an engine on a folder that is removed when it is closed, or when the JVM ends. */
  static Engine temporary(Kind kind, int port) throws IOException {
    TemporaryFolder temporary =
        TemporaryFolder.create("payments-" + kind.name().toLowerCase(Locale.ROOT) + "-");
    try {
      Engine engine =
          start(
              kind,
              temporary.path().resolve("data"),
              port,
              temporary.path().resolve("server.log"),
              Optional.of(temporary));
      temporary.closeFirst(engine);
      return engine;
    } catch (IOException | RuntimeException e) {
      temporary.close();
      throw e;
    }
  }

  private static Engine start(
      Kind kind, Path directory, int port, Path log, Optional<TemporaryFolder> temporary)
      throws IOException {
    EngineFolder folder = EngineFolder.take(directory, kind.stopSignal());
    try {
      kind.prepare().on(folder.path());
      EngineProcess process = EngineProcess.start(kind, folder, port, log);
      return new Engine(folder, process, temporary);
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /** A question to engines that are ready as soon as they listen. */
  static Optional<String> listens(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS_MAX);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** Port on loopback. */
  int port() {
    return process.port();
  }

  Path folder() {
    return folder.path();
  }

  ProcessHandle process() {
    return process.handle();
  }

  /**
   * Stops the engine and frees the folder; removes a temporary one. Without effect on one that is
   * gone.
   *
   * @throws IOException if it had to be killed
   */
  @Override
  public void close() throws IOException {
    try (folder) {
      process.stop();
    }
    if (temporary.isPresent()) {
      temporary.get().close();
    }
  }
}
