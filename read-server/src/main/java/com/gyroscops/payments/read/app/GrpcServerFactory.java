package com.gyroscops.payments.read.app;

import com.gyroscops.payments.platform.grpc.GrpcTransport;
import com.gyroscops.payments.platform.grpc.InternalServer;
import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.read.api.ReadAdminEndpoint;
import com.gyroscops.payments.read.routing.SourceAdmin;
import io.grpc.BindableService;
import io.grpc.ServerBuilder;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.grpc.server.GrpcServerBuilder;
import io.micronaut.grpc.server.GrpcServerConfiguration;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.Executors;

/** The gRPC servers, on the shaded transport, which Micronaut's own builder does not know. */
@Factory
final class GrpcServerFactory {

  @Singleton
  @Replaces(bean = ServerBuilder.class, factory = GrpcServerBuilder.class)
  ServerBuilder<?> serverBuilder(
      GrpcServerConfiguration configuration, List<BindableService> services, ServingHealth health) {
    GrpcTransport transport =
        GrpcTransport.defaults(
            configuration.getServerHost().orElse("0.0.0.0"), configuration.getServerPort());
    // Queries block; BoundedQueries limits how many do.
    ServerBuilder<?> builder =
        transport
            .newServer(Executors.newVirtualThreadPerTaskExecutor())
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
      ServingHealth health) {
    return new InternalServer(
        GrpcTransport.defaults(
                configuration.getServerHost().orElse("0.0.0.0"), settings.internalGrpcPort())
            .newServer(Executors.newVirtualThreadPerTaskExecutor())
            .addService(health.service())
            // Not one of the services that the public server finds by itself.
            .addService(new ReadAdminEndpoint(admin))
            .build(),
        // What a source does of its own accord goes on.
        () -> {});
  }
}
