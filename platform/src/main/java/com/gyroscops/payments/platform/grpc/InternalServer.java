package com.gyroscops.payments.platform.grpc;

import io.grpc.Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server on the internal port. */
public final class InternalServer implements AutoCloseable {

  /** How long calls under way may take to end. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(InternalServer.class);

  private final Server server;
  private final Runnable endCalls;

  /**
   * @param endCalls ends those that would not end by themselves, once no new ones are taken
   */
  public InternalServer(Server server, Runnable endCalls) {
    this.server = server;
    this.endCalls = endCalls;
  }

  /**
   * Takes calls from now on.
   *
   * @throws UncheckedIOException it cannot listen on its port
   */
  public InternalServer start() {
    try {
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on the internal port: " + e.getMessage(), e);
    }
    LOG.info("internal port {}", server.getPort());
    return this;
  }

  /** The port it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Ends all calls, and returns once that is done. */
  @Override
  public void close() {
    server.shutdown();
    endCalls.run();
    try {
      if (!server.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException _) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
