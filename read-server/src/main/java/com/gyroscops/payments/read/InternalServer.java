package com.gyroscops.payments.read;

import com.gyroscops.payments.contract.GrpcTransport;
import com.gyroscops.payments.contract.ServingHealth;
import com.gyroscops.payments.contract.UnexpectedErrors;
import com.gyroscops.payments.read.api.ReadAdminEndpoint;
import com.gyroscops.payments.read.routing.SourceAdmin;
import io.grpc.Server;
import io.micronaut.grpc.server.GrpcServerConfiguration;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server on the internal port: ReadAdminService, health, reflection. */
@Singleton
final class InternalServer {

  private static final Logger LOG = LoggerFactory.getLogger(InternalServer.class);

  /** How long calls under way may take to end; what a source does of its own accord goes on. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final Server server;

  InternalServer(
      GrpcServerConfiguration configuration,
      ReadServerSettings settings,
      SourceAdmin admin,
      ServingHealth health) {
    server =
        GrpcTransport.defaults(
                configuration.getServerHost().orElse("0.0.0.0"), settings.internalGrpcPort())
            .newServer(Executors.newVirtualThreadPerTaskExecutor())
            .intercept(new UnexpectedErrors())
            .addService(health.service())
            // Not one of the services that the public server finds by itself.
            .addService(new ReadAdminEndpoint(admin))
            .build();
  }

  void start() {
    try {
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on the internal port: " + e.getMessage(), e);
    }
    LOG.info("ReadAdminService on internal port {}", server.getPort());
  }

  /** The port it listens on. */
  int port() {
    return server.getPort();
  }

  @PreDestroy
  void close() {
    server.shutdown();
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
