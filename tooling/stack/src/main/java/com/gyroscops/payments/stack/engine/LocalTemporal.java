package com.gyroscops.payments.stack.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Temporal's test server in a process of its own, on all interfaces, for it takes no others. It
 * speaks the protocol of a real one, in real time, and keeps everything in memory: what it knew is
 * gone when it ends. It has one namespace, {@code default}, and takes any other name too.
 *
 * <p>A folder belongs to one owner at a time, see {@link LocalPostgres}; it holds no data. For
 * concurrent use.
 */
public final class LocalTemporal implements AutoCloseable {

  private static final Path MODULE = Path.of("tooling", "temporal");

  /** It keeps workflows that have ended: enough for some 100,000. */
  private static final String HEAP_MAX = "-Xmx768m";

  private static final Duration START_MAX = Duration.ofMinutes(5);
  private static final Duration STOP_MAX = Duration.ofSeconds(30);

  private final Engine engine;

  private LocalTemporal(Engine engine) {
    this.engine = engine;
  }

  /**
   * Starts a server and waits until it answers.
   *
   * @param libraries as {@link #libraries} names them, or a copy
   * @param port 0: any free one
   * @param log appended to
   * @throws IOException if the server does not start; with the end of its log
   * @throws IllegalStateException if the folder is in use
   */
  public static LocalTemporal start(Path libraries, Path directory, int port, Path log)
      throws IOException {
    return start(libraries, directory, port, log, List.of(), STOP_MAX);
  }

  /**
   * The same with options of the JVM besides its own, and another time that it gets to stop.
   *
   * @throws IOException if the server does not start; with the end of its log
   * @throws IllegalStateException if the folder is in use
   */
  public static LocalTemporal start(
      Path libraries, Path directory, int port, Path log, List<String> jvmOptions, Duration stopMax)
      throws IOException {
    return new LocalTemporal(
        Engine.start(kind(libraries, jvmOptions, stopMax), directory, port, log));
  }

  /** Starts a server on a folder of its own, which is removed at the end, on any free port. */
  public static LocalTemporal temporary() throws IOException {
    return temporary(0);
  }

  /** The same on a port. */
  public static LocalTemporal temporary(int port) throws IOException {
    return new LocalTemporal(
        Engine.temporary(kind(libraries(LocalOpenSearch.home()), List.of(), STOP_MAX), port));
  }

  private static Engine.Kind kind(Path libraries, List<String> jvmOptions, Duration stopMax) {
    return new Engine.Kind(
        "Temporal",
        (_, port) -> command(libraries, port, jvmOptions),
        // It listens once it serves, and ends where it cannot listen.
        (_, port, _) -> Engine.listens(port),
        true,
        START_MAX,
        stopMax);
  }

  /**
   * The server's libraries in a checkout that was built.
   *
   * @throws IllegalStateException if they are missing; says what to run
   */
  public static Path libraries(Path checkout) {
    return JvmEngine.libraries("Temporal", checkout, MODULE);
  }

  /**
   * Stops what an owner that was killed left running.
   *
   * @return whether anything ran
   * @throws IllegalStateException if the owner lives
   */
  public static boolean stopLeftOver(Path directory) throws IOException {
    return EngineFolder.stopLeftOver(directory);
  }

  private static List<String> command(Path libraries, int port, List<String> jvmOptions) {
    return JvmEngine.command(
        List.of(HEAP_MAX, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
        jvmOptions,
        libraries.resolve("*").toString(),
        List.of("io.temporal.testserver.TestServer", Integer.toString(port)));
  }

  /** For clients: {@code 127.0.0.1:port}. */
  public String address() {
    return "127.0.0.1:" + port();
  }

  /** Port of gRPC. */
  public int port() {
    return engine.port();
  }

  /** The server's process. */
  public ProcessHandle process() {
    return engine.process();
  }

  /**
   * Stops the server and frees the folder; removes a temporary one. Without effect on a server that
   * is gone.
   *
   * @throws IOException if the server had to be killed
   */
  @Override
  public void close() throws IOException {
    engine.close();
  }
}
