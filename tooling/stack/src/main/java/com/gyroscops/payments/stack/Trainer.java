package com.gyroscops.payments.stack;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * A training run: a stack of its own whose servers, and this process, write ahead-of-time caches of
 * the JVM when they end.
 */
public final class Trainer {

  /** From here to there every port of a stack lies outside those of outgoing connections. */
  private static final int OFFSET_MIN = 11_000;

  private static final int OFFSET_MAX = 13_400;

  /** Other processes may have some of the ports. */
  private static final int ATTEMPTS_MAX = 20;

  /** A JVM that records, at the lowest priority, beside a machine's own work. */
  private static final Duration START_MAX = Duration.ofMinutes(10);

  /** Caches are written before a JVM ends: beside others, at the lowest priority. */
  private static final Duration STOP_MAX = Duration.ofMinutes(5);

  /** What the servers are trained with. */
  @FunctionalInterface
  public interface Load {
    void on(Replica writeServer, Replica readServer) throws IOException, InterruptedException;
  }

  private Trainer() {}

  /**
   * Trains servers.
   *
   * @param folder of the stack, emptied by the caller
   * @param programs folder of the jars
   * @param output folder of the caches
   * @param without what the stack leaves out
   */
  public static void run(
      StackFolder folder,
      Path programs,
      Path output,
      Set<Feature> without,
      Load load,
      Consumer<String> progress)
      throws IOException, InterruptedException, StartFailedException {
    AotCaches caches = new AotCaches(output);
    RunningStack stack =
        new RunningStack(
            folder,
            new Programs(programs),
            new StackJvm(caches::trainingOptions, START_MAX, STOP_MAX, STOP_MAX),
            progress,
            () -> {});
    try {
      bringUp(stack, without, progress);
      StackPlan plan = stack.plan();
      load.on(
          plan.replicas(ServerKind.WRITE_SERVER).getFirst(),
          plan.replicas(ServerKind.READ_SERVER).getFirst());
    } finally {
      stack.stop(progress);
    }
  }

  private static void bringUp(RunningStack stack, Set<Feature> without, Consumer<String> progress)
      throws StartFailedException {
    for (int attempt = 1; ; attempt++) {
      int offset = ThreadLocalRandom.current().nextInt(OFFSET_MIN, OFFSET_MAX);
      try {
        stack.bringUp(
            new Order("", Order.Action.UP, 1, 1, offset, StackPlan.POSTGRES_PORT, without, false),
            progress);
        return;
      } catch (StartFailedException e) {
        if (!stack.isFresh() || attempt == ATTEMPTS_MAX) {
          throw e;
        }
      }
    }
  }
}
