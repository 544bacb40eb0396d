package com.gyroscops.payments.read.app;

import com.gyroscops.payments.platform.access.AccessConfiguration;
import com.gyroscops.payments.platform.access.OpenedAccess;
import com.gyroscops.payments.platform.grpc.GrpcTransport;
import com.gyroscops.payments.platform.grpc.InternalServer;
import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.read.api.ReadAdminEndpoint;
import com.gyroscops.payments.read.routing.SourceAdmin;
import io.grpc.BindableService;
import io.grpc.ServerBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.grpc.server.GrpcServerBuilder;
import io.micronaut.grpc.server.GrpcServerConfiguration;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Executors;

/** The gRPC servers, on the shaded transport, which Micronaut's own builder does not know. */
@Factory
final class GrpcServerFactory {

  /** Before all else, so that a server whose variables contradict each other ends at once. */
  @Context
  @Bean(preDestroy = "close")
  OpenedAccess access(AccessConfiguration configuration, MeterRegistry registry) {
    return new OpenedAccess(configuration, Clock.systemUTC()).measured(registry);
  }

  @Singleton
  @Replaces(bean = ServerBuilder.class, factory = GrpcServerBuilder.class)
  ServerBuilder<?> serverBuilder(
      GrpcServerConfiguration configuration,
      List<BindableService> services,
      ServingHealth health,
      OpenedAccess access) {
    GrpcTransport transport =
        GrpcTransport.defaults(
            configuration.getServerHost().orElse("0.0.0.0"), configuration.getServerPort());
    // Queries block; BoundedQueries limits how many do.
    ServerBuilder<?> builder =
        transport
            .newServer(Executors.newVirtualThreadPerTaskExecutor(), access.access())
            .addService(health.service());
    services.forEach(builder::addService);
    return builder;
  }

  /** The server on the internal port, which the replica's lifecycle starts. */
  @Singleton
  @Bean(preDestroy = "close")
  InternalServer internalServer(
      GrpcServerConfiguration configuration,
      ReadServerSettings settings,
      SourceAdmin admin,
      ServingHealth health,
      OpenedAccess access) {
    return new InternalServer(
        GrpcTransport.defaults(
                configuration.getServerHost().orElse("0.0.0.0"), settings.internalGrpcPort())
            .newServer(Executors.newVirtualThreadPerTaskExecutor(), access.access())
            .addService(health.service())
            // Not one of the services that the public server finds by itself.
            .addService(new ReadAdminEndpoint(admin))
            .build(),
        // What a source does of its own accord goes on.
        () -> {});
  }
}
