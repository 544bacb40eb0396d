package com.gyroscops.payments.write.api;

import com.gyroscops.payments.write.outbox.EventRelay;
import io.grpc.Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server on the internal port. Stops after the public one, so that the last events leave too.
 */
final class InternalServer implements AutoCloseable {

  private static final Duration GRACE = Duration.ofSeconds(2);
  private static final Logger LOG = LoggerFactory.getLogger(InternalServer.class);

  private final Server server;
  private final EventRelay relay;

  private InternalServer(Server server, EventRelay relay) {
    this.server = server;
    this.relay = relay;
  }

  static InternalServer start(Server server, EventRelay relay) {
    try {
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on the internal port: " + e.getMessage(), e);
    }
    LOG.info("EventFeedService on internal port {}", server.getPort());
    return new InternalServer(server, relay);
  }

  /** The port it listens on. */
  int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    server.shutdown();
    relay.close();
    try {
      if (!server.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
