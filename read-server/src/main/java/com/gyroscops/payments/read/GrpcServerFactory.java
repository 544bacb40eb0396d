package com.gyroscops.payments.read;

import com.gyroscops.payments.contract.GrpcTransport;
import com.gyroscops.payments.contract.ServingHealth;
import com.gyroscops.payments.contract.UnexpectedErrors;
import io.grpc.BindableService;
import io.grpc.ServerBuilder;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.grpc.server.GrpcServerBuilder;
import io.micronaut.grpc.server.GrpcServerConfiguration;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.Executors;

/** The gRPC server on the shaded transport, which Micronaut's own builder does not know. */
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
            .intercept(new UnexpectedErrors())
            .addService(health.service());
    services.forEach(builder::addService);
    return builder;
  }
}
