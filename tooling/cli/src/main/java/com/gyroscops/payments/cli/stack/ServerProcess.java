package com.gyroscops.payments.cli.stack;

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

  /** Heap that each server must get along with. */
  private static final List<String> JVM =
      List.of(
          "-Xmx512m",
          // Else the read-server's bulk requests are humongous, and each starts a marking of the
          // heap.
          "-XX:G1HeapRegionSize=4m",
          "-XX:+UseCompactObjectHeaders",
          "-XX:+ExitOnOutOfMemoryError",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

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
    List<String> command = new java.util.ArrayList<>();
    command.add(javaProgram());
    command.addAll(JVM);
    command.add(Leftovers.mark(folder));
    command.add("-jar");
    command.add(jar.toString());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.log(replica.name()).toFile()));
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    return new ServerProcess(replica, process);
  }

  /** The java that runs this program. */
  static String javaProgram() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
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
