package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.engine.LocalOpenSearch;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.gyroscops.payments.stack.engine.LocalRedis;
import com.gyroscops.payments.stack.engine.LocalTemporal;
import com.gyroscops.payments.stack.process.Processes;
import java.io.Closeable;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The engines of a stack, as children of this process. They start and stop side by side, for none
 * needs another. {@link #start} and {@link #stop} are for one caller at a time, with no other; the
 * others are for concurrent use.
 */
final class Engines {

  /**
   * Payments that a read-server's memory source holds at most: with its index on disk, what 512 MiB
   * of heap get along with.
   */
  private static final int MEMORY_PAYMENTS_MAX = 2_000_000;

  private final StackFolder folder;
  private final Programs programs;
  private final StackJvm jvm;
  private final Consumer<Engine> ended;
  private final Runnable changed;
  private final Map<Engine, Running> started = new EnumMap<>(Engine.class);
  private final Map<Engine, ReentrantLock> startingAgain = new EnumMap<>(Engine.class);
  private volatile boolean stopping;

  /**
   * One that was started; it may have ended since.
   *
   * @param owner stops it and frees its folder
   */
  record Running(Engine engine, ProcessHandle process, int port, Closeable owner) {

    boolean isRunning() {
      // Not isAlive: a process that was just killed counts as alive until it has been collected.
      return Processes.isRunning(process);
    }
  }

  /**
   * @param ended told of engines that end by themselves
   * @param changed called after each start, from several threads
   */
  Engines(
      StackFolder folder,
      Programs programs,
      StackJvm jvm,
      Consumer<Engine> ended,
      Runnable changed) {
    this.folder = folder;
    this.programs = programs;
    this.jvm = jvm;
    this.ended = ended;
    this.changed = changed;
    for (Engine engine : Engine.values()) {
      startingAgain.put(engine, new ReentrantLock());
    }
  }

  /** Those of a plan that do not run. */
  List<Engine> missing(StackPlan plan) {
    List<Engine> missing = new ArrayList<>(plan.engines());
    snapshot().stream()
        .filter(Running::isRunning)
        .forEach(running -> missing.remove(running.engine()));
    return missing;
  }

  /** What follows the start of an engine. */
  @FunctionalInterface
  interface Next {
    void after(Engine engine) throws StartFailedException;
  }

  /**
   * Starts engines and waits until all answer. Where some fail, the others run.
   *
   * @param next called as soon as one answers, while others may still start
   * @throws StartFailedException if any failed, or what followed; tells of each
   */
  void start(List<Engine> engines, StackPlan plan, Next next, Consumer<String> progress)
      throws StartFailedException {
    List<String> failures = new ArrayList<>();
    @Nullable Throwable first = null;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> starts = new ArrayList<>();
      for (Engine engine : engines) {
        starts.add(
            threads.submit(() -> {
              start(engine, plan, progress);
              next.after(engine);
              return null;
            }));
      }
      for (Future<?> start : starts) {
        try {
          start.get();
        } catch (ExecutionException e) {
          Throwable cause = e.getCause() == null ? e : e.getCause();
          failures.add(String.valueOf(cause.getMessage()));
          first = first == null ? cause : first;
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          threads.shutdownNow();
          throw new StartFailedException("interrupted while starting", e);
        }
      }
    }
    if (first != null) {
      throw new StartFailedException(String.join("\n", failures), first);
    }
  }

  /**
   * Starts an engine that ended, while others may do the same of other engines.
   *
   * @return false: it runs already
   */
  boolean startAgain(Engine engine, StackPlan plan, Consumer<String> progress)
      throws StartFailedException {
    Lock lock = Objects.requireNonNull(startingAgain.get(engine));
    lock.lock();
    try {
      boolean missing = missing(plan).contains(engine);
      if (missing) {
        start(List.of(engine), plan, _ -> {}, progress);
      }
      return missing;
    } finally {
      lock.unlock();
    }
  }

  private void start(Engine engine, StackPlan plan, Consumer<String> progress)
      throws IOException, SQLException {
    long startNanos = System.nanoTime();
    Running dead;
    synchronized (started) {
      // It stays until another takes its place: what cannot be started is told as stopped.
      dead = started.get(engine);
    }
    if (dead != null) {
      dead.owner().close();
    }
    Running running = started(engine, plan);
    synchronized (started) {
      started.put(engine, running);
    }
    changed.run();
    watch(running);
    progress.accept(RunningStack.ready(engine.label(), "127.0.0.1:" + running.port(), startNanos));
  }

  private Running started(Engine engine, StackPlan plan) throws IOException, SQLException {
    int port = plan.port(engine);
    return switch (engine) {
      case POSTGRESQL -> {
        LocalPostgres postgres =
            LocalPostgres.start(folder.postgres(), port, folder.log(engine.label()));
        try {
          for (ServerKind kind : ServerKind.values()) {
            postgres.createDatabase(kind.database());
          }
        } catch (SQLException e) {
          postgres.close();
          throw e;
        }
        yield new Running(engine, postgres.postmaster(), port, postgres::close);
      }
      case REDIS -> {
        LocalRedis redis = LocalRedis.start(folder.redis(), port, folder.log(engine.label()));
        yield new Running(engine, redis.process(), port, redis::close);
      }
      case OPENSEARCH -> {
        LocalOpenSearch search =
            LocalOpenSearch.start(
                programs.searchLibraries(),
                folder.search(),
                port,
                folder.log(engine.label()),
                jvm.options(engine.label()),
                jvm.engineStopMax());
        yield new Running(engine, search.process(), port, search::close);
      }
      case TEMPORAL -> {
        LocalTemporal temporal =
            LocalTemporal.start(
                programs.temporalLibraries(),
                folder.temporal(),
                port,
                folder.log(engine.label()),
                jvm.options(engine.label()),
                jvm.engineStopMax());
        yield new Running(engine, temporal.process(), port, temporal::close);
      }
    };
  }

  private void watch(Running running) {
    var _ =
        running
            .process()
            .onExit()
            .thenRun(() -> {
              if (!stopping && snapshot().contains(running)) {
                ended.accept(running.engine());
              }
            });
  }

  /** Stops all. Without effect the second time. */
  void stop(Consumer<String> progress) {
    stopping = true;
    List<Running> all;
    synchronized (started) {
      all = List.copyOf(started.values());
      started.clear();
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Running running : all) {
        var _ = threads.submit(() -> stop(running, progress));
      }
    }
  }

  private static void stop(Running running, Consumer<String> progress) {
    long startNanos = System.nanoTime();
    String name = running.engine().label();
    try {
      running.owner().close();
      progress.accept(name + " stopped (" + RunningStack.secondsSince(startNanos) + ")");
    } catch (IOException | RuntimeException e) {
      progress.accept(
          String.format(
              Locale.ROOT, "%s: %s; it recovers at the next start", name, e.getMessage()));
    }
  }

  /**
   * Stops what a supervisor that was killed left running.
   *
   * @return whether anything ran
   */
  static boolean stopLeftOvers(StackFolder folder) throws IOException {
    boolean found = false;
    for (Engine engine : Engine.values()) {
      found |= engine.stopLeftOver(folder);
    }
    return found;
  }

  /** All that were started and not stopped. */
  List<Running> snapshot() {
    synchronized (started) {
      return List.copyOf(started.values());
    }
  }

  /** What a server is told about the engines: by an empty value, that there is none. */
  Map<String, String> environment(Replica replica, StackPlan plan) {
    Map<String, String> environment =
        ServerEnvironment.database(replica.kind(), plan.postgresPort());
    environment.put("TEMPORAL_ADDRESS", url(Feature.TEMPORAL, Engine.TEMPORAL, plan));
    if (replica.kind() == ServerKind.READ_SERVER) {
      environment.put("REDIS_URI", url(Feature.REDIS, Engine.REDIS, plan));
      environment.put("SEARCH_URL", url(Feature.SEARCH, Engine.OPENSEARCH, plan));
      environment.put("SEARCH_USER", "");
      environment.put("SEARCH_PASSWORD", "");
      int paymentsMax = plan.features().contains(Feature.MEMORY) ? MEMORY_PAYMENTS_MAX : 0;
      environment.put("MEMORY_PAYMENTS_MAX", Integer.toString(paymentsMax));
      environment.put("MEMORY_FOLDER", folder.memory(replica.name()).toString());
      environment.put("REPORT_FOLDER", folder.reports().toString());
    }
    return environment;
  }

  private static String url(Feature feature, Engine engine, StackPlan plan) {
    return plan.features().contains(feature) ? engine.address(plan.port(engine)) : "";
  }
}
