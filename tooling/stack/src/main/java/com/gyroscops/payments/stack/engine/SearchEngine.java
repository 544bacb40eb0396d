package com.gyroscops.payments.stack.engine;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One OpenSearch node as a process: what {@link LocalOpenSearch} starts. */
final class SearchEngine {

  private SearchEngine() {}

  /**
   * Runs until killed.
   *
   * @param arguments a folder, and a port for HTTP
   */
  public static void main(String[] arguments) throws InterruptedException {
    String folder = arguments[0];
    String port = arguments[1];
    OpenSearchRunner runner = new OpenSearchRunner();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    runner.close();
                  } catch (IOException e) {
                    System.getLogger(SearchEngine.class.getName())
                        .log(System.Logger.Level.WARNING, "the node did not close", e);
                  }
                },
                "closer"));
    runner.onBuild((_, settings) -> {
      settings.put("http.host", "127.0.0.1");
      settings.put("http.port", port);
      settings.put("transport.host", "127.0.0.1");
      settings.put("transport.port", "0");
      settings.put("discovery.type", "single-node");
      settings.putList("discovery.seed_hosts");
      // A full disk of the machine is not this engine's doing.
      settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
    });
    runner.build(
        OpenSearchRunner.newConfigs()
            .basePath(folder)
            .clusterName("payments-local")
            .numOfNode(1)
            .useLogger());
    new CountDownLatch(1).await();
  }
}
