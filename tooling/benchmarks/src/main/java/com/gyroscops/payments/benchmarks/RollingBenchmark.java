package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.cli.load.SteadyLoad;
import com.gyroscops.payments.stack.ServerProcess;
import com.gyroscops.payments.stack.engine.LocalNginx;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many calls fail while every replica is restarted, one after the other, over and over: two
 * write-servers and two read-servers, by clients that balance among them and through nginx, both
 * with the service config that is shipped. Then the same with replicas killed instead.
 */
final class RollingBenchmark implements Benchmark {

  private static final int PER_SECOND = 1_000;
  private static final int CALLS = 100_000;

  /** While the JVMs warm up; not counted. */
  private static final int WARM_UP_CALLS = 10_000;

  private static final int WARM_UP_PER_SECOND = 500;

  /** Between the return of a replica and the end of the next, as minReadySeconds in Kubernetes. */
  private static final long PAUSE_MILLIS = 10_000;

  private static final int VERIFY_SECONDS_MAX = 10;

  /**
   * A notice of drains as an installation has by default, which the other benchmarks do without to
   * end sooner; and memory as the only source besides sql.
   */
  private static final Map<String, String> SERVER_SETTINGS =
      Map.of("DRAIN_NOTICE", "1s", "MEMORY_PAYMENTS_MAX", "2000000");

  /** Ends a replica somehow and has it back. */
  private interface Restart {
    void run(ServerProcess replica) throws IOException, InterruptedException;
  }

  /** How clients reach the servers. */
  private record Way(String name, ManagedChannel commands, ManagedChannel queries) {
    void close() {
      commands.shutdownNow();
      queries.shutdownNow();
    }
  }

  @Override
  public void run(Settings settings, Report report) throws Exception {
    int calls = settings.scaled(CALLS);
    try (Stack stack = Stack.start(settings, SERVER_SETTINGS)) {
      report.postgres(stack.describePostgres());
      Progress.say("rolling, training of ahead-of-time caches");
      stack.trainAheadOfTime(RollingBenchmark::warmUp);
      stack.writeServer().close();
      List<String> feeds = new ArrayList<>();
      List<ServerProcess> writers = new ArrayList<>();
      for (int i = 1; i <= 2; i++) {
        int feed = FreePorts.next();
        feeds.add("127.0.0.1:" + feed);
        writers.add(
            stack.startWriteServer(
                "write-server-" + i,
                FreePorts.next(),
                Map.of("INTERNAL_GRPC_PORT", Integer.toString(feed))));
      }
      List<ServerProcess> readers = new ArrayList<>();
      for (int i = 1; i <= 2; i++) {
        readers.add(
            stack.startReadServer(
                "read-server-" + i, Map.of("FEED_TARGETS", String.join(",", feeds))));
      }
      List<ServerProcess> replicas = new ArrayList<>(writers);
      replicas.addAll(readers);
      for (ServerProcess replica : replicas) {
        replica.awaitServing();
      }
      LocalNginx nginx =
          stack.closing(
              LocalNginx.start(
                  targets(writers), targets(readers), stack.folder().resolve("nginx")));
      List<Callable<Way>> ways =
          List.of(
              () ->
                  new Way(
                      "client-side",
                      Clients.retrying(targets(writers)),
                      Clients.retrying(targets(readers))),
              () ->
                  new Way(
                      "through nginx",
                      Clients.retrying(nginx.target()),
                      Clients.retrying(nginx.target())));
      for (Callable<Way> each : ways) {
        Way way = each.call();
        try {
          Progress.say("rolling, %s, warming up", way.name());
          warmUp(way);
          measure(way, "restarts", calls, RollingBenchmark::restart, replicas, readers, report);
          measure(
              way,
              "kill -9",
              calls / 2,
              RollingBenchmark::restartKilled,
              replicas,
              readers,
              report);
        } finally {
          way.close();
        }
      }
    }
  }

  /** Lets a server drain, starts it again on the same ports, and waits until it serves. */
  private static void restart(ServerProcess replica) throws IOException, InterruptedException {
    long start = System.nanoTime();
    replica.stop();
    long ended = System.nanoTime();
    replica.startAgain();
    replica.awaitServing();
    Progress.say(
        "%s: drained in %d ms, back %d ms later",
        replica.name(),
        TimeUnit.NANOSECONDS.toMillis(ended - start),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - ended));
  }

  private static void restartKilled(ServerProcess replica)
      throws IOException, InterruptedException {
    replica.kill();
    replica.startAgain();
    replica.awaitServing();
  }

  private static void warmUp(ServerProcess writer, ServerProcess reader)
      throws InterruptedException {
    Way way =
        new Way(
            "trained",
            Clients.retrying(targets(List.of(writer))),
            Clients.retrying(targets(List.of(reader))));
    try {
      warmUp(way);
    } finally {
      way.close();
    }
  }

  private static void warmUp(Way way) throws InterruptedException {
    var _ =
        new SteadyLoad("warm-up-" + Commands.newId(), way.commands(), way.queries(), _ -> {})
            .run(WARM_UP_PER_SECOND, index -> index < WARM_UP_CALLS);
  }

  private static List<String> targets(List<ServerProcess> servers) {
    return servers.stream().map(server -> "127.0.0.1:" + server.grpcPort()).toList();
  }

  private static void measure(
      Way way,
      String what,
      int calls,
      Restart restart,
      List<ServerProcess> replicas,
      List<ServerProcess> readers,
      Report report)
      throws Exception {
    Progress.say("rolling, %s, %s, %d calls at %d/s", way.name(), what, calls, PER_SECOND);
    Tally tally = new Tally();
    SteadyLoad load =
        new SteadyLoad(
            "rolling-" + Commands.newId(), way.commands(), way.queries(), tally::succeeded);
    AtomicInteger restarts = new AtomicInteger();
    SteadyLoad.Result result;
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      // As many as asked for, and until each replica was restarted.
      Future<SteadyLoad.Result> running =
          thread.submit(() ->
              load.run(PER_SECOND, index -> index < calls || restarts.get() < replicas.size()));
      while (!running.isDone()) {
        Thread.sleep(PAUSE_MILLIS);
        if (!running.isDone()) {
          restart.run(replicas.get(restarts.get() % replicas.size()));
          restarts.incrementAndGet();
        }
      }
      try {
        result = running.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException("the load broke off", e);
      }
    }
    result.failures().forEach(failure -> Progress.say("failed: %s", failure));
    if (result.allFailed() > 0) {
      tally.failed(Math.toIntExact(result.allFailed()), result.failures().getFirst());
    }
    report.row("rolling", way.name() + ", " + what, tally.result());
    String summary =
        String.format(
            Locale.ROOT,
            "rolling, %s, %d of %s: calls %s, failed %s, retried %d: %s; attempts that failed: %s",
            way.name(),
            restarts.get(),
            what,
            result.calls(),
            result.failed(),
            result.allRetried(),
            result.retried(),
            result.attemptsFailed());
    // At once, too: what was found is not lost should a later part break off.
    Progress.say("%s", summary);
    report.note("%s", summary);
    if (result.allFailed() == 0) {
      for (ServerProcess reader : readers) {
        ManagedChannel channel = Stack.channelTo(reader.grpcPort());
        try {
          load.verify(
              QueryServiceGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(VERIFY_SECONDS_MAX, TimeUnit.SECONDS));
        } finally {
          channel.shutdownNow();
        }
      }
    }
  }
}
