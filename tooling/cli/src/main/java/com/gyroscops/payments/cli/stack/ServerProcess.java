package com.gyroscops.payments.cli.stack;

import com.gyroscops.payments.localstack.ServerJvm;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A server that this process started, and the question whether it serves. */
final class ServerProcess implements AutoCloseable {

  private static final int HEALTH_SECONDS_MAX = 2;

  private final Replica replica;
  private final Process process;
  private final ManagedChannel channel;

  private ServerProcess(Replica replica, Process process) {
    this.replica = replica;
    this.process = process;
    this.channel =
        NettyChannelBuilder.forAddress("127.0.0.1", replica.grpcPort()).usePlaintext().build();
  }

  static ServerProcess start(
      Replica replica, Path jar, StackFolder folder, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                ServerJvm.command(List.of(Leftovers.mark(folder), "-jar", jar.toString())))
            .directory(folder.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.log(replica.name()).toFile()));
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    return new ServerProcess(replica, process);
  }

  Replica replica() {
    return replica;
  }

  Process process() {
    return process;
  }

  /** Whether it answers the health protocol with SERVING now; blocks for two seconds at most. */
  boolean isServing() {
    try {
      return HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(HEALTH_SECONDS_MAX, TimeUnit.SECONDS)
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus()
          == ServingStatus.SERVING;
    } catch (StatusRuntimeException e) {
      // Not listening yet, or no longer: asked again until a time that the caller sets.
      channel.resetConnectBackoff();
      return false;
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
