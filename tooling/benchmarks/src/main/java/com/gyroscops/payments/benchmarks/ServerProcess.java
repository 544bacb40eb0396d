package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.stack.process.Metrics;
import com.gyroscops.payments.stack.process.ServerJvm;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** A JVM that serves gRPC, started by this one. */
final class ServerProcess implements AutoCloseable {

  private static final Duration START_MAX = Duration.ofMinutes(2);

  /** With an ahead-of-time cache to be written, too. */
  private static final Duration STOP_MAX = Duration.ofSeconds(60);

  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(5);
  private static final int LOG_CHARACTERS_MAX = 4_000;

  private final String name;
  private final ProcessBuilder program;
  private final Path log;
  private final int grpcPort;
  private volatile Process process;

  private ServerProcess(String name, ProcessBuilder program, Path log, int grpcPort)
      throws IOException {
    this.name = name;
    this.program = program;
    this.log = log;
    this.grpcPort = grpcPort;
    process = launch();
  }

  private Process launch() throws IOException {
    Process launched = program.start();
    launched.getOutputStream().close();
    return launched;
  }

  /**
   * Starts it, without waiting.
   *
   * @param program what follows the JVM's own options: {@code -jar} or {@code -cp} and so on
   */
  static ServerProcess start(
      String name, List<String> program, Map<String, String> environment, int grpcPort, Path folder)
      throws IOException {
    Path log = folder.resolve(name + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(ServerJvm.command(program))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    return new ServerProcess(name, builder, log, grpcPort);
  }

  /** Waits until it says SERVING. */
  void awaitServing() throws IOException, InterruptedException {
    long endNanos = System.nanoTime() + START_MAX.toNanos();
    ManagedChannel channel = Stack.channelTo(grpcPort);
    try {
      while (!isServing(channel)) {
        if (!process.isAlive() || System.nanoTime() > endNanos) {
          throw new IOException(name + " does not serve. The end of its log:\n" + logTail());
        }
        Thread.sleep(POLL);
      }
    } finally {
      channel.shutdownNow();
    }
  }

  private static boolean isServing(ManagedChannel channel) {
    try {
      return HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(ANSWER_MAX.toSeconds(), TimeUnit.SECONDS)
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus()
          == ServingStatus.SERVING;
    } catch (StatusRuntimeException e) {
      // Not listening yet: asked again until a time that the caller sets.
      channel.resetConnectBackoff();
      return false;
    }
  }

  int grpcPort() {
    return grpcPort;
  }

  /** What it takes now, from the system and its own metrics. */
  ServerMemory memory(int httpPort) throws IOException, InterruptedException {
    Metrics metrics = Metrics.read(httpPort);
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    return new ServerMemory(
        name,
        ServerMemory.heapBytes(metrics, "jvm_memory_used_bytes"),
        ServerMemory.heapBytes(metrics, "jvm_memory_max_bytes"),
        Files.exists(status)
            ? ServerMemory.rssPeakBytes(Files.readString(status))
            : OptionalLong.empty());
  }

  private String logTail() throws IOException {
    String text = Files.readString(log);
    return text.substring(Math.max(0, text.length() - LOG_CHARACTERS_MAX));
  }

  /** Lets it drain, starts it again on the same ports, and waits until it says SERVING. */
  void restart() throws IOException, InterruptedException {
    long start = System.nanoTime();
    close();
    long ended = System.nanoTime();
    process = launch();
    awaitServing();
    Progress.say(
        "%s: drained in %d ms, back %d ms later",
        name,
        TimeUnit.NANOSECONDS.toMillis(ended - start),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - ended));
  }

  /** Kills it without notice, as {@code kill -9} does, and starts it again likewise. */
  void restartKilled() throws IOException, InterruptedException {
    process.destroyForcibly().waitFor();
    process = launch();
    awaitServing();
  }

  /** Lets it drain; kills it where that takes too long. Without effect once it ended. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        Progress.say("%s did not drain within %d s and was killed", name, STOP_MAX.toSeconds());
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
