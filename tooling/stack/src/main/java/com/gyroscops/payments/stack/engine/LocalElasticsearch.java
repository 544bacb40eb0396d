package com.gyroscops.payments.stack.engine;

import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.stack.process.ServerJvm;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One Elasticsearch 7.10.2 node in a process of its own, on loopback alone, for tests that show
 * that what works with OpenSearch works with it too. Its libraries are there in builds with the
 * profile {@code elasticsearch} only. For concurrent use.
 */
public final class LocalElasticsearch implements AutoCloseable {

  private static final Path LIBRARIES = Path.of("tooling", "elasticsearch", "target", "libraries");

  /** The program that starts a node takes no others. */
  private static final int PORT_FIRST = 9_201;

  private static final int PORT_LAST = 9_299;

  private static final Duration START_MAX = Duration.ofMinutes(2);
  private static final Duration STOP_MAX = Duration.ofSeconds(60);

  private final Engine engine;

  private LocalElasticsearch(Engine engine) {
    this.engine = engine;
  }

  /**
   * Starts a node on a folder of its own, which is removed at the end.
   *
   * @throws IOException if the node does not start; with the end of its log
   * @throws IllegalStateException if Elasticsearch's libraries are missing
   */
  public static LocalElasticsearch temporary() throws IOException {
    Path libraries = LocalOpenSearch.home().resolve(LIBRARIES);
    if (!Files.isDirectory(libraries)) {
      throw new IllegalStateException(
          "Elasticsearch's libraries are missing in " + libraries + ": build with -Pelasticsearch");
    }
    int port =
        IntStream.rangeClosed(PORT_FIRST, PORT_LAST)
            .filter(FreePorts::isFree)
            .findFirst()
            .orElseThrow(() -> new IOException("no free port for Elasticsearch"));
    try (HttpClient http = LocalOpenSearch.client()) {
      Engine.Kind kind =
          new Engine.Kind(
              "Elasticsearch",
              (folder, chosen) -> command(libraries, folder, chosen),
              (folder, chosen, _) -> LocalOpenSearch.ask(http, chosen, folder),
              false,
              START_MAX,
              STOP_MAX);
      return new LocalElasticsearch(Engine.temporary(kind, port));
    }
  }

  private static List<String> command(Path libraries, Path data, int port) {
    return List.of(
        ServerJvm.java(),
        "-Xmx640m",
        "-XX:+UseSerialGC",
        "-cp",
        libraries.resolve("*").toString(),
        "org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner",
        "-basePath",
        data.toString(),
        "-clusterName",
        "payments-local",
        "-numOfNode",
        "1",
        // The first node's is one more.
        "-baseHttpPort",
        Integer.toString(port - 1),
        "-useLogger");
  }

  /** Where it answers. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + engine.port());
  }

  /**
   * Stops the node and removes its folder.
   *
   * @throws IOException if the node had to be killed
   */
  @Override
  public void close() throws IOException {
    engine.close();
  }
}
