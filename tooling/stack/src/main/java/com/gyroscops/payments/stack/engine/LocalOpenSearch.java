package com.gyroscops.payments.stack.engine;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One OpenSearch node in a process of its own, on loopback alone, without security.
 *
 * <p>Its libraries are never those of the caller, which may need others of the same names: the
 * build puts them into a folder of the module {@code tooling/opensearch}, and the process gets a
 * class path of its own from there. A folder belongs to one owner at a time, see {@link
 * LocalPostgres}.
 *
 * <p>For concurrent use.
 */
public final class LocalOpenSearch implements AutoCloseable {

  /** Enough for some million payments; the page cache does the rest. */
  private static final String HEAP_MAX = "-Xmx640m";

  private static final Duration START_MAX = Duration.ofMinutes(5);
  private static final Duration STOP_MAX = Duration.ofSeconds(60);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(2);
  private static final String HOME_PROPERTY = "payments.home";
  private static final Path MODULE = Path.of("tooling", "opensearch");

  private final Engine engine;

  private LocalOpenSearch(Engine engine) {
    this.engine = engine;
  }

  /**
   * Starts a node on a folder, which is made if it does not exist, and waits until it answers.
   *
   * @param port of HTTP, on loopback; 0: any free one
   * @param log appended to
   * @throws IOException if the node does not start; with the end of its log
   * @throws IllegalStateException if the folder is in use, or OpenSearch's libraries are missing
   */
  public static LocalOpenSearch start(Path dataDirectory, int port, Path log) throws IOException {
    return start(libraries(home()), dataDirectory, port, log);
  }

  /**
   * The same with OpenSearch's libraries from a folder of the caller's choice, such as a copy that
   * no build changes.
   *
   * @throws IOException if the node does not start; with the end of its log
   * @throws IllegalStateException if the folder is in use
   */
  public static LocalOpenSearch start(Path libraries, Path dataDirectory, int port, Path log)
      throws IOException {
    return start(libraries, dataDirectory, port, log, List.of(), STOP_MAX);
  }

  /**
   * The same with options of the JVM besides its own, and another time that it gets to stop.
   *
   * @throws IOException if the node does not start; with the end of its log
   * @throws IllegalStateException if the folder is in use
   */
  public static LocalOpenSearch start(
      Path libraries,
      Path dataDirectory,
      int port,
      Path log,
      List<String> jvmOptions,
      Duration stopMax)
      throws IOException {
    try (HttpClient http = client()) {
      return new LocalOpenSearch(
          Engine.start(kind(libraries, http, jvmOptions, stopMax), dataDirectory, port, log));
    }
  }

  /**
   * OpenSearch's libraries in a checkout that was built.
   *
   * @throws IllegalStateException if they are missing; says what to run
   */
  public static Path libraries(Path checkout) {
    return JvmEngine.libraries("OpenSearch", checkout, MODULE);
  }

  /** Starts a node on a folder of its own, which is removed at the end, on any free port. */
  public static LocalOpenSearch temporary() throws IOException {
    try (HttpClient http = client()) {
      return new LocalOpenSearch(
          Engine.temporary(kind(libraries(home()), http, List.of(), STOP_MAX), 0));
    }
  }

  private static Engine.Kind kind(
      Path libraries, HttpClient http, List<String> jvmOptions, Duration stopMax) {
    String classPath = libraries.resolve("*") + File.pathSeparator + ownCode();
    return new Engine.Kind(
        "OpenSearch",
        (folder, port) -> command(classPath, folder, port, jvmOptions),
        (folder, port, _) -> ask(http, port, folder),
        true,
        START_MAX,
        stopMax);
  }

  /** For {@link #ask}. */
  static HttpClient client() {
    return HttpClient.newBuilder().connectTimeout(ANSWER_MAX).build();
  }

  /**
   * Stops what an owner that was killed left running on a folder; its data stays.
   *
   * @return whether anything ran
   * @throws IllegalStateException if the owner lives
   */
  public static boolean stopLeftOver(Path directory) throws IOException {
    return EngineFolder.stopLeftOver(directory);
  }

  private static List<String> command(
      String classPath, Path data, int port, List<String> jvmOptions) {
    return JvmEngine.command(
        List.of(HEAP_MAX, "--add-modules=jdk.incubator.vector"),
        jvmOptions,
        classPath,
        List.of(SearchEngine.class.getName(), data.toString(), Integer.toString(port)));
  }

  /** Ready is a node that works on this very folder, with its one shard copies started. */
  static Optional<String> ask(HttpClient http, int port, Path folder) {
    try {
      String paths = get(http, port, "/_nodes/_local/settings?filter_path=nodes.*.settings.path");
      if (!paths.contains(folder.toString())) {
        return Optional.of("another node answers: " + paths);
      }
      String health = get(http, port, "/_cluster/health?wait_for_status=yellow&timeout=1s");
      return health.contains("\"timed_out\":false")
          ? Optional.empty()
          : Optional.of("its shards are not started");
    } catch (IOException e) {
      return Optional.of(String.valueOf(e));
    }
  }

  private static String get(HttpClient http, int port, String path) throws IOException {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    try {
      return http.send(
              HttpRequest.newBuilder(uri).timeout(ANSWER_MAX).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the engine starts", e);
    }
  }

  static Path home() {
    String configured = System.getProperty(HOME_PROPERTY, "");
    if (!configured.isEmpty()) {
      return Path.of(configured).toAbsolutePath();
    }
    for (@Nullable Path folder = Path.of("").toAbsolutePath();
        folder != null;
        folder = folder.getParent()) {
      if (Files.exists(folder.resolve(MODULE).resolve("pom.xml"))) {
        return folder;
      }
    }
    throw new IllegalStateException(
        "run this in the project's folder, or name that by -D" + HOME_PROPERTY);
  }

  private static Path ownCode() {
    try {
      return Path.of(
          LocalOpenSearch.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("a class comes from a file or a folder", e);
    }
  }

  /** Where it answers: {@code http://127.0.0.1:port}. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + port());
  }

  /** Port of HTTP, on loopback. */
  public int port() {
    return engine.port();
  }

  /** The node's process. */
  public ProcessHandle process() {
    return engine.process();
  }

  /**
   * Stops the node and frees the folder; removes a temporary one. Without effect on a node that is
   * gone.
   *
   * @throws IOException if the node had to be killed
   */
  @Override
  public void close() throws IOException {
    engine.close();
  }
}
