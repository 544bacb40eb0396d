package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.process.LogTail;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A server, or another JVM that answers gRPC's health protocol, in a process that this one started.
 * It can be started again, on the same ports. Starts and ends are for one caller at a time, the
 * rest for concurrent use.
 */
public final class ServerProcess implements AutoCloseable {

  private static final int HEALTH_SECONDS_MAX = 2;
  private static final Duration POLL = Duration.ofMillis(20);
  private static final int LOG_TAIL_LINES = 25;

  private final Launch launch;
  private final ManagedChannel channel;
  private volatile Run run;

  /**
   * How it is started.
   *
   * @param name for messages
   * @param program what follows the options that every server's JVM gets: others, then {@code -jar}
   *     or {@code -cp} and so on
   * @param environment besides that of this process
   * @param grpcPort on loopback
   * @param folder where it runs
   * @param log appended to
   * @param startMax longest wait until it serves
   * @param stopMax longest time that it gets to drain
   */
  public record Launch(
      String name,
      List<String> program,
      Map<String, String> environment,
      int grpcPort,
      Path folder,
      Path log,
      Duration startMax,
      Duration stopMax) {}

  /** From one start to the next. */
  private record Run(Process process, long logOffset, long startNanos, boolean aheadOfTime) {

    Run withoutCache() {
      return new Run(process, logOffset, startNanos, false);
    }
  }

  private ServerProcess(Launch launch, Run run) {
    this.launch = launch;
    this.run = run;
    this.channel =
        NettyChannelBuilder.forAddress("127.0.0.1", launch.grpcPort()).usePlaintext().build();
  }

  /** Starts it, without waiting. */
  public static ServerProcess start(Launch launch) throws IOException {
    return new ServerProcess(launch, run(launch));
  }

  private static Run run(Launch launch) throws IOException {
    long logOffset = Files.exists(launch.log()) ? Files.size(launch.log()) : 0;
    ProcessBuilder builder =
        new ProcessBuilder(ServerJvm.command(launch.program()))
            .directory(launch.folder().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(launch.log().toFile()));
    builder.environment().putAll(launch.environment());
    long startNanos = System.nanoTime();
    Process process = builder.start();
    process.getOutputStream().close();
    return new Run(
        process, logOffset, startNanos, launch.program().stream().anyMatch(AotCaches::isUse));
  }

  /** Starts one that ended again, without waiting. */
  public void startAgain() throws IOException {
    run = run(launch);
  }

  public String name() {
    return launch.name();
  }

  /** On loopback. */
  public int grpcPort() {
    return launch.grpcPort();
  }

  public long pid() {
    return run.process().pid();
  }

  Process process() {
    return run.process();
  }

  /** When it was started, by {@link System#nanoTime}. */
  long startNanos() {
    return run.startNanos();
  }

  /** Waits until it answers the health protocol with SERVING. */
  public void awaitServing() throws IOException, InterruptedException {
    long sinceNanos = System.nanoTime();
    while (!isServing(sinceNanos)) {
      Thread.sleep(POLL);
    }
  }

  /**
   * Whether it answers the health protocol with SERVING now; blocks for two seconds at most.
   *
   * @param sinceNanos when the caller began to wait, by {@link System#nanoTime}
   * @throws IOException if it ended, or if that was too long ago; with the end of its log
   */
  boolean isServing(long sinceNanos) throws IOException {
    Process process = run.process();
    if (!process.isAlive()) {
      throw failure("ended with code " + process.exitValue() + " while starting");
    }
    if (saysServing()) {
      channel.enterIdle();
      return true;
    }
    if (System.nanoTime() - sinceNanos > launch.startMax().toNanos()) {
      throw failure("is not ready after " + launch.startMax().toSeconds() + " s");
    }
    return false;
  }

  private boolean saysServing() {
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

  private IOException failure(String how) throws IOException {
    return new IOException(
        "%s %s. The end of %s:\n%s"
            .formatted(name(), how, launch.log(), LogTail.of(launch.log(), LOG_TAIL_LINES)));
  }

  /**
   * Looks into its log for what its JVM says of the ahead-of-time cache that it was given.
   *
   * @return why it runs without; empty if it uses it, or was given none
   */
  Optional<String> cacheRefusal() throws IOException {
    Run now = run;
    Optional<String> refusal =
        now.aheadOfTime() ? AotCaches.refusal(launch.log(), now.logOffset()) : Optional.empty();
    if (refusal.isPresent()) {
      run = now.withoutCache();
    }
    return refusal;
  }

  /** Whether it runs with an ahead-of-time cache, as far as is known. */
  boolean isAheadOfTime() {
    return run.aheadOfTime();
  }

  /**
   * Lets it drain and end. Without effect on one that is gone.
   *
   * @throws IOException if it had to be killed
   */
  public void stop() throws IOException {
    Process process = run.process();
    process.destroy();
    try {
      if (process.waitFor(launch.stopMax().toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
      throw new IOException("interrupted while " + name() + " drains; it was killed", e);
    }
    kill();
    throw new IOException(
        "%s did not drain within %d s and was killed"
            .formatted(name(), launch.stopMax().toSeconds()));
  }

  /** Ends it without notice, as {@code kill -9} does, and waits until it is gone. */
  public void kill() {
    run.process().destroyForcibly().onExit().join();
  }

  /**
   * Stops it for good.
   *
   * @throws IOException if it had to be killed
   */
  @Override
  public void close() throws IOException {
    try {
      stop();
    } finally {
      channel.shutdownNow();
    }
  }
}
