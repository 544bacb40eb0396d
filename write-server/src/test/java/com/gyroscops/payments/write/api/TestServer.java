package com.gyroscops.payments.write.api;

import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc;
import com.gyroscops.payments.platform.grpc.InternalServer;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.write.app.WriteVariables;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.RuntimeBeanDefinition;
import io.micronaut.grpc.server.GrpcEmbeddedServer;
import io.micronaut.runtime.server.EmbeddedServer;
import java.util.HashMap;
import java.util.Map;

/** A whole write-server in this process, on free ports. */
final class TestServer implements AutoCloseable {

  private final EmbeddedServer http;
  private final ManagedChannel commands;
  private final ManagedChannel internal;

  /** Starts on this database, with these settings and parts besides. */
  TestServer(String jdbcUrl, Map<String, Object> settings, RuntimeBeanDefinition<?>... parts) {
    Map<String, Object> all = new HashMap<>(WriteVariables.all().defaults());
    all.put("micronaut.server.port", -1);
    all.put("payments.grpc-port", 0);
    all.put("payments.internal-grpc-port", 0);
    all.put("payments.host", "127.0.0.1");
    all.put("payments.drain-notice", "0s");
    all.put("datasources.default.url", jdbcUrl);
    all.putAll(settings);
    http =
        ApplicationContext.builder()
            .properties(all)
            .beanDefinitions(parts)
            .run(EmbeddedServer.class);
    ApplicationContext context = http.getApplicationContext();
    commands = channel(context.getBean(GrpcEmbeddedServer.class).getPort());
    internal = channel(context.getBean(InternalServer.class).port());
  }

  CommandServiceGrpc.CommandServiceBlockingStub commands() {
    return CommandServiceGrpc.newBlockingStub(commands);
  }

  CommandServiceGrpc.CommandServiceStub asyncCommands() {
    return CommandServiceGrpc.newStub(commands);
  }

  EventFeedServiceGrpc.EventFeedServiceBlockingStub feed() {
    return EventFeedServiceGrpc.newBlockingStub(internal);
  }

  EventFeedServiceGrpc.EventFeedServiceStub asyncFeed() {
    return EventFeedServiceGrpc.newStub(internal);
  }

  Channel commandChannel() {
    return commands;
  }

  int commandPort() {
    return http.getApplicationContext().getBean(GrpcEmbeddedServer.class).getPort();
  }

  int httpPort() {
    return http.getPort();
  }

  <T> T bean(Class<T> type) {
    return http.getApplicationContext().getBean(type);
  }

  /** As SIGTERM does. */
  void stop() {
    http.stop();
  }

  @Override
  public void close() {
    stop();
    commands.shutdownNow();
    internal.shutdownNow();
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
  }
}
