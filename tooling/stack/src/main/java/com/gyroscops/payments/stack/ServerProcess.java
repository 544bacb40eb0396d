package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.process.ServerJvm;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A server that this process started, and the question whether it serves. */
final class ServerProcess implements AutoCloseable {

  private static final int HEALTH_SECONDS_MAX = 2;

  private final Replica replica;
  private final Process process;
  private final ManagedChannel channel;
  private final Path log;
  private final long logOffset;
  private final long startNanos = System.nanoTime();
  private volatile boolean aheadOfTime;
  private final AtomicBoolean isNew = new AtomicBoolean(true);

  private ServerProcess(
      Replica replica, Process process, Path log, long logOffset, boolean aheadOfTime) {
    this.replica = replica;
    this.log = log;
    this.logOffset = logOffset;
    this.aheadOfTime = aheadOfTime;
    this.process = process;
    this.channel =
        NettyChannelBuilder.forAddress("127.0.0.1", replica.grpcPort()).usePlaintext().build();
  }

  /**
   * Starts it, without waiting.
   *
   * @param options of its JVM, besides those that all servers get
   */
  static ServerProcess start(
      Replica replica,
      Path jar,
      List<String> options,
      StackFolder folder,
      Map<String, String> environment)
      throws IOException {
    List<String> program = new ArrayList<>(options);
    program.addAll(List.of(Leftovers.mark(folder), "-jar", jar.toString()));
    Path log = folder.log(replica.name());
    long logOffset = Files.exists(log) ? Files.size(log) : 0;
    ProcessBuilder builder =
        new ProcessBuilder(ServerJvm.command(program))
            .directory(folder.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    return new ServerProcess(
        replica, process, log, logOffset, options.stream().anyMatch(AotCaches::isUse));
  }

  Replica replica() {
    return replica;
  }

  Process process() {
    return process;
  }

  /** When it was started, by {@link System#nanoTime}. */
  long startNanos() {
    return startNanos;
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

  /**
   * Looks into its log for what its JVM says of the ahead-of-time cache that it was given.
   *
   * @return why it runs without; empty if it uses it, or was given none
   */
  Optional<String> cacheRefusal() throws IOException {
    Optional<String> refusal = aheadOfTime ? AotCaches.refusal(log, logOffset) : Optional.empty();
    aheadOfTime &= refusal.isEmpty();
    return refusal;
  }

  /** Whether this is asked for the first time. */
  boolean isNew() {
    return isNew.getAndSet(false);
  }

  /** Whether it runs with an ahead-of-time cache, as far as is known. */
  boolean isAheadOfTime() {
    return aheadOfTime;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
