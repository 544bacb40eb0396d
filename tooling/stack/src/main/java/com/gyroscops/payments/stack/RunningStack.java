package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The engines and the servers, as children of this process. One change at a time, but that what
 * ended by itself is started again side by side; a stop makes a start that is under way give up.
 */
final class RunningStack {

  private static final Duration POLL = Duration.ofMillis(50);

  private final StackFolder folder;
  private final Programs programs;
  private final StackJvm jvm;
  private final Consumer<String> events;
  private final Restarter restarter;
  private final Runnable changed;
  private final Engines engines;

  /** Shared by restarts, each of one part, which change nothing else. */
  private final ReentrantReadWriteLock changing = new ReentrantReadWriteLock();

  private final ReentrantLock restartingServer = new ReentrantLock();
  private final Map<String, Server> servers = new LinkedHashMap<>();
  private volatile @Nullable StackPlan plan;
  private volatile boolean stopping;

  /**
   * A server of the plan.
   *
   * @param isNew whether nobody was told yet that it serves
   */
  private record Server(Replica replica, ServerProcess process, AtomicBoolean isNew) {

    boolean isRunning() {
      // Not isAlive: a process that was just killed counts as alive until it has been collected.
      return Processes.isRunning(process.process().toHandle());
    }
  }

  /**
   * @param events told of processes that end by themselves, and of their restarts
   * @param changed called after each start of a process
   */
  RunningStack(
      StackFolder folder,
      Programs programs,
      StackJvm jvm,
      Consumer<String> events,
      Runnable changed) {
    this.folder = folder;
    this.programs = programs;
    this.jvm = jvm;
    this.events = events;
    this.changed = changed;
    this.restarter = new Restarter(events);
    this.engines = new Engines(folder, programs, jvm, this::ended, changed);
  }

  /** Whether nothing was ever asked to run. */
  boolean isFresh() {
    return plan == null;
  }

  /** The plan; before the first {@link #bringUp}, that of the defaults. */
  StackPlan plan() {
    StackPlan current = plan;
    return current == null
        ? new StackPlan(1, 1, 0, StackPlan.POSTGRES_PORT, EnumSet.allOf(Feature.class))
        : current;
  }

  /** Starts what the plan has and does not run, and waits until all of it serves. */
  void bringUp(Order order, Consumer<String> progress) throws StartFailedException {
    changing.writeLock().lock();
    try {
      StackPlan next = planned(order);
      List<Replica> missing =
          next.replicas().stream().filter(replica -> !isRunning(replica)).toList();
      List<Engine> missingEngines = engines.missing(next);
      requirePortsFree(next, missing, missingEngines);
      plan = next;
      restarter.enable(chosen(order.restart(), restarter.isEnabled()));
      requireNotStopping();
      boolean postgresRuns = !missingEngines.contains(Engine.POSTGRESQL);
      if (postgresRuns) {
        start(ServerKind.WRITE_SERVER, missing, next);
      }
      engines.start(
          missingEngines,
          next,
          engine -> {
            // All that a write-server needs; what else it uses it waits for by itself.
            if (engine == Engine.POSTGRESQL) {
              awaitServing(start(ServerKind.WRITE_SERVER, missing, next), progress);
            }
          },
          progress);
      start(ServerKind.READ_SERVER, missing, next);
      awaitServing(snapshot(), progress);
    } finally {
      changing.writeLock().unlock();
    }
  }

  /** Drains and stops the servers, then the engines. Without effect the second time. */
  void stop(Consumer<String> progress) {
    stopping = true;
    restarter.stop();
    changing.writeLock().lock();
    try {
      long start = System.nanoTime();
      if (!servers.isEmpty()) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
          for (Server server : servers.values()) {
            var _ = threads.submit(() -> stop(server, progress));
          }
        }
        progress.accept("servers drained and stopped (" + secondsSince(start) + ")");
        servers.clear();
      }
      engines.stop(progress);
    } finally {
      changing.writeLock().unlock();
    }
  }

  private static void stop(Server server, Consumer<String> progress) {
    try {
      server.process().close();
    } catch (IOException e) {
      progress.accept(String.valueOf(e.getMessage()));
    }
  }

  /** Every server it started and did not stop; engines prove by their folders whose they are. */
  synchronized List<StackState.Ran> processes() {
    List<StackState.Ran> processes = new ArrayList<>();
    for (Server server : snapshot()) {
      processes.add(
          StackState.Ran.of(server.replica().name(), server.process().process().toHandle()));
    }
    return processes;
  }

  /**
   * What runs now.
   *
   * @param aheadOfTime see {@link StackView}
   */
  StackView view(@Nullable String aheadOfTime) {
    List<StackView.Part> parts = new ArrayList<>();
    for (Engines.Running engine : engines.snapshot()) {
      parts.add(
          new StackView.Part(
              engine.engine().label(),
              engine.process().pid(),
              engine.isRunning() ? "running" : "stopped",
              0,
              0,
              0,
              engine.port(),
              restarter.restarts(engine.engine().label()),
              false));
    }
    for (Server server : snapshot()) {
      Process process = server.process().process();
      Replica replica = server.replica();
      parts.add(
          new StackView.Part(
              replica.name(),
              process.pid(),
              process.isAlive() ? "running" : "ended with code " + process.exitValue(),
              replica.grpcPort(),
              replica.internalPort(),
              replica.httpPort(),
              0,
              restarter.restarts(replica.name()),
              server.process().isAheadOfTime()));
    }
    return new StackView(plan(), parts, aheadOfTime);
  }

  private List<Server> snapshot() {
    synchronized (servers) {
      return List.copyOf(servers.values());
    }
  }

  private boolean isRunning(Replica replica) {
    Server server = servers.get(replica.name());
    return server != null && server.isRunning();
  }

  private StackPlan planned(Order order) throws StartFailedException {
    boolean fresh = isFresh();
    StackPlan current = plan();
    StackPlan next;
    try {
      next =
          new StackPlan(
              chosen(order.writeServers(), current.writeServers()),
              chosen(order.readServers(), current.readServers()),
              chosen(order.portOffset(), current.portOffset()),
              chosen(order.postgresPort(), current.postgresBasePort()),
              chosen(order.without(), current.features()));
    } catch (IllegalArgumentException e) {
      throw new StartFailedException(String.valueOf(e.getMessage()), e);
    }
    if (!fresh) {
      requireSame("--port-offset", current.portOffset(), next.portOffset());
      requireSame("--postgres-port", current.postgresBasePort(), next.postgresBasePort());
      requireSameFeatures(current.features(), next.features());
      requireNotFewer("write-servers", current.writeServers(), next.writeServers());
      requireNotFewer("read-servers", current.readServers(), next.readServers());
    }
    return next;
  }

  private static int chosen(@Nullable Integer asked, int otherwise) {
    return asked == null ? otherwise : asked;
  }

  private static boolean chosen(@Nullable Boolean asked, boolean otherwise) {
    return asked == null ? otherwise : asked;
  }

  private static Set<Feature> chosen(@Nullable Set<Feature> without, Set<Feature> otherwise) {
    if (without == null) {
      return otherwise;
    }
    Set<Feature> features = EnumSet.allOf(Feature.class);
    features.removeAll(without);
    return features;
  }

  private static void requireSameFeatures(Set<Feature> now, Set<Feature> asked)
      throws StartFailedException {
    if (!now.equals(asked)) {
      throw new StartFailedException(
          "the stack is up with "
              + Stream.concat(Stream.of("sql"), now.stream().sorted().map(Feature::label))
                  .collect(Collectors.joining(", "))
              + "; run ./payments down to change them");
    }
  }

  private static void requireSame(String option, int now, int asked) throws StartFailedException {
    if (now != asked) {
      throw new StartFailedException(
          "the stack is up with " + option + " " + now + "; run ./payments down to change it");
    }
  }

  private static void requireNotFewer(String what, int now, int asked) throws StartFailedException {
    if (asked < now) {
      throw new StartFailedException(
          "the stack is up with " + now + " " + what + "; run ./payments down to have fewer");
    }
  }

  private static void requirePortsFree(
      StackPlan plan, List<Replica> missing, List<Engine> missingEngines)
      throws StartFailedException {
    for (Engine engine : missingEngines) {
      String option = engine == Engine.POSTGRESQL ? "--postgres-port" : "--port-offset";
      requirePortFree(plan.port(engine), engine.label(), option);
    }
    for (Replica replica : missing) {
      requirePortFree(replica.grpcPort(), replica.name() + " (gRPC)", "--port-offset");
      requirePortFree(replica.internalPort(), replica.name() + " (internal)", "--port-offset");
      requirePortFree(replica.httpPort(), replica.name() + " (HTTP)", "--port-offset");
    }
  }

  private static void requirePortFree(int port, String of, String option)
      throws StartFailedException {
    if (!FreePorts.isFree(port)) {
      throw new StartFailedException(
          "port " + port + " of " + of + " is in use; choose others by " + option);
    }
  }

  private List<Server> start(ServerKind kind, List<Replica> missing, StackPlan next)
      throws StartFailedException {
    List<Server> started = new ArrayList<>();
    for (Replica replica : missing) {
      if (replica.kind() == kind) {
        requireNotStopping();
        Server server = start(replica, next);
        watch(server);
        started.add(server);
      }
    }
    return started;
  }

  private Server start(Replica replica, StackPlan next) throws StartFailedException {
    String kind = replica.kind().label();
    List<String> program = new ArrayList<>(jvm.options(kind));
    program.addAll(List.of(Leftovers.mark(folder), "-jar", programs.jar(kind).toString()));
    try {
      ServerProcess process =
          ServerProcess.start(
              new ServerProcess.Launch(
                  replica.name(),
                  program,
                  environment(replica, next),
                  replica.grpcPort(),
                  folder.root(),
                  folder.log(replica.name()),
                  jvm.readyMax(),
                  jvm.drainMax()));
      Server server = new Server(replica, process, new AtomicBoolean(true));
      Server before;
      synchronized (servers) {
        before = servers.put(replica.name(), server);
      }
      try {
        if (before != null) {
          before.process().close();
        }
        changed.run();
      } catch (IOException | RuntimeException e) {
        // Nobody would know of it.
        process.kill();
        throw e;
      }
      return server;
    } catch (IOException e) {
      throw new StartFailedException(replica.name() + " could not be started: " + e, e);
    }
  }

  private Map<String, String> environment(Replica replica, StackPlan next) throws IOException {
    Map<String, String> environment =
        ServerEnvironment.listening(
            replica.name(), replica.grpcPort(), replica.internalPort(), replica.httpPort());
    environment.putAll(engines.environment(replica, next));
    if (replica.kind() == ServerKind.WRITE_SERVER) {
      environment.put("JOURNAL_FOLDER", folder.journal().toString());
    }
    if (replica.kind() == ServerKind.READ_SERVER) {
      environment.put("FEED_TARGETS", next.feedTargets());
      environment.put("PAGE_TOKEN_SECRET", folder.pageTokenSecret());
      environment.put("CROSS_ORGANIZATION_QUERIES", "true");
    }
    return environment;
  }

  private void awaitServing(List<Server> awaited, Consumer<String> progress)
      throws StartFailedException {
    long start = System.nanoTime();
    List<Server> waiting = new ArrayList<>(awaited);
    while (!waiting.isEmpty()) {
      requireNotStopping();
      for (Server server : List.copyOf(waiting)) {
        if (isServing(server, start)) {
          waiting.remove(server);
          if (server.isNew().getAndSet(false)) {
            progress.accept(
                ready(
                    server.replica().name(),
                    "127.0.0.1:" + server.replica().grpcPort(),
                    server.process().startNanos()));
            tellRefusal(server, progress);
          }
        }
      }
      pause();
    }
  }

  private static boolean isServing(Server server, long sinceNanos) throws StartFailedException {
    try {
      return server.process().isServing(sinceNanos);
    } catch (IOException e) {
      throw new StartFailedException(String.valueOf(e.getMessage()), e);
    }
  }

  private void tellRefusal(Server server, Consumer<String> progress) throws StartFailedException {
    String name = server.replica().name();
    try {
      Optional<String> refusal = server.process().cacheRefusal();
      if (refusal.isPresent()) {
        progress.accept(name + " makes no use of its ahead-of-time cache: " + refusal.get());
        programs.caches().remove(server.replica().kind().label());
      }
    } catch (IOException e) {
      throw new StartFailedException(name + " started, but its log cannot be read: " + e, e);
    }
  }

  private void watch(Server server) {
    Replica replica = server.replica();
    var _ =
        server
            .process()
            .process()
            .onExit()
            .thenAccept(process ->
                restarter.ended(
                    replica.name(),
                    replica.name()
                        + " ended with code "
                        + process.exitValue()
                        + ", see "
                        + folder.log(replica.name()),
                    () -> restart(replica)));
  }

  /** Others start while it does, for it may have to wait for them. */
  private boolean restart(Replica replica) throws StartFailedException {
    Server server;
    changing.readLock().lock();
    restartingServer.lock();
    try {
      requireNotStopping();
      if (isRunning(replica)) {
        return false;
      }
      server = start(replica, plan());
    } finally {
      restartingServer.unlock();
      changing.readLock().unlock();
    }
    try {
      awaitServing(List.of(server), events);
    } catch (StartFailedException e) {
      // Another takes its place.
      server.process().kill();
      throw e;
    }
    watch(server);
    return true;
  }

  private void ended(Engine engine) {
    restarter.ended(engine.label(), engine.label() + " ended by itself", () -> restart(engine));
  }

  private boolean restart(Engine engine) throws StartFailedException {
    changing.readLock().lock();
    try {
      requireNotStopping();
      return engines.startAgain(engine, plan(), events);
    } finally {
      changing.readLock().unlock();
    }
  }

  private void requireNotStopping() throws StartFailedException {
    if (stopping) {
      throw new StartFailedException("stopped while starting");
    }
  }

  private static void pause() throws StartFailedException {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailedException("interrupted while starting", e);
    }
  }

  static String ready(String name, String where, long startNanos) {
    return String.format(
        Locale.ROOT, "%-15s ready on %s (%s)", name, where, secondsSince(startNanos));
  }

  static String secondsSince(long startNanos) {
    return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - startNanos) / 1e9);
  }
}
