package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.cli.load.SteadyLoad;
import com.gyroscops.payments.stack.engine.LocalNginx;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.ReadOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Under load, through nginx by one channel and by clients that balance themselves, every replica is
 * restarted, one joins, and two are killed: no call fails, every command is done once, every token
 * is honoured everywhere, watchers miss nothing, and every replica gets its share. A slow machine
 * is asked less, and waited for longer. Takes about a minute.
 */
@Order(Order.DEFAULT + 4)
final class BalanceIT {

  /** Of each way, on the usual machine, which starts servers meanwhile. */
  private static final int PER_SECOND = 25;

  private static final Duration END_MAX = Duration.ofSeconds(60);
  private static final Duration CATCH_UP_MAX = Duration.ofSeconds(60);

  /** What one replica gets at least of its kind's calls, of two or three. */
  private static final double SHARE_MIN = 0.1;

  private static final Duration SHARES_OVER = Duration.ofSeconds(2);
  private static final Duration SHARES_MAX = Duration.ofSeconds(60);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  /** A way to the servers, and what goes along it. */
  private record Way(
      String name, SteadyLoad load, SteadyWatcher watcher, Future<SteadyLoad.Result> running) {}

  @Test
  void no_call_fails_while_replicas_are_restarted_join_and_are_killed() throws Exception {
    assumeThat(LocalNginx.isInstalled()).withFailMessage("nginx is not installed").isTrue();
    AtomicBoolean enough = new AtomicBoolean();
    List<ManagedChannel> channels = new ArrayList<>();
    try (CliStack stack = new CliStack(folder.resolve("data"));
        ExecutorService threads = Executors.newCachedThreadPool()) {
      stack
          .up("--write-servers", "2", "--read-servers", "2", "--without", "redis,search,temporal")
          .succeeded();
      List<String> writers = IntStream.range(0, 2).mapToObj(stack::writeTarget).toList();
      // The third joins later.
      List<String> readers = IntStream.range(0, 3).mapToObj(stack::readTarget).toList();
      try (LocalNginx nginx = LocalNginx.start(writers, readers, folder.resolve("nginx"))) {
        Pace found = Pace.found(stack::ready);
        int perSecond = found.perSecond(PER_SECOND);
        Pace pace = found.slowed();
        System.out.printf(
            "pace: %s; %d calls/s each way, deadlines of %s%n",
            found, perSecond, pace.time(Duration.ofSeconds(10)));
        Map<String, ?> config = pace.serviceConfig();
        ManagedChannel proxied = open(channels, () -> Clients.retrying(nginx.target(), config));
        ManagedChannel commands =
            open(channels, () -> Clients.retrying(Clients.allOf(writers), config));
        ManagedChannel queries =
            open(channels, () -> Clients.retrying(Clients.allOf(readers), config));
        List<Way> ways =
            List.of(
                begin("through nginx", proxied, proxied, perSecond, threads, enough),
                begin("client-side", commands, queries, perSecond, threads, enough));

        for (String name :
            List.of("write-server-0", "read-server-0", "write-server-1", "read-server-1")) {
          ProcessHandle process = stack.process(name);
          assertThat(process.destroy()).isTrue();
          assertThat(Processes.awaitEnd(List.of(process), pace.time(END_MAX)))
              .as("%s ends", name)
              .isTrue();
          stack.up().succeeded();
        }
        stack.up("--read-servers", "3").succeeded();
        for (String name : List.of("write-server-1", "read-server-0")) {
          ProcessHandle process = stack.process(name);
          assertThat(process.destroyForcibly()).isTrue();
          assertThat(Processes.awaitEnd(List.of(process), pace.time(END_MAX)))
              .as("%s ends", name)
              .isTrue();
        }
        stack.up().succeeded();
        awaitShares(nginx::servers, writers, pace);
        awaitShares(nginx::servers, readers.subList(0, 2), pace);
        awaitShares(ways.getLast().load().attempts()::servers, writers, pace);
        awaitShares(ways.getLast().load().attempts()::servers, readers, pace);

        enough.set(true);
        System.out.println("nginx: " + nginx.servers());
        for (Way way : ways) {
          assertWent(way, readers, pace);
        }
        assertTokensHonoured(writers, readers, pace);
      } finally {
        enough.set(true);
        channels.forEach(ManagedChannel::shutdownNow);
      }
    }
  }

  private static ManagedChannel open(
      List<ManagedChannel> channels, Callable<ManagedChannel> opening) throws Exception {
    ManagedChannel channel = opening.call();
    channels.add(channel);
    return channel;
  }

  private static Way begin(
      String name,
      Channel commands,
      Channel queries,
      int perSecond,
      ExecutorService threads,
      AtomicBoolean enough)
      throws InterruptedException {
    String organization = name.replace(' ', '-');
    SteadyWatcher watcher = new SteadyWatcher(organization, queries);
    SteadyLoad load = new SteadyLoad(organization, commands, queries, _ -> {});
    return new Way(
        name, load, watcher, threads.submit(() -> load.run(perSecond, _ -> !enough.get())));
  }

  private static void assertWent(Way way, List<String> readers, Pace pace) throws Exception {
    SteadyLoad.Result result = way.running().get();
    System.out.printf(
        "%s: calls %s; failed %s; retried %s; attempts that failed %s%n",
        way.name(), result.calls(), result.failed(), result.retried(), result.attemptsFailed());
    assertThat(result.allFailed()).as("%s: %s", way.name(), result.failures()).isZero();
    for (String reader : readers) {
      with(reader, pace, channel -> way.load().verify(QueryServiceGrpc.newBlockingStub(channel)));
    }
    eventually(
        way.name() + " is watched to the end",
        pace.time(CATCH_UP_MAX),
        () -> way.watcher().count() >= way.load().commandsDone());
    assertThat(way.watcher().count()).as(way.name()).isEqualTo((int) way.load().commandsDone());
    System.out.printf("  its watch was ended %s%n", way.watcher().verified());
    way.watcher().close();
  }

  /** All get calls in the end, those that joined or came back no less than the others. */
  private static void awaitShares(Counts counts, List<String> servers, Pace pace) throws Exception {
    long deadline = System.nanoTime() + pace.time(SHARES_MAX).toNanos();
    Map<String, Double> shares;
    do {
      assertThat(System.nanoTime()).as("shares of %s in time", servers).isLessThan(deadline);
      Map<String, Long> before = counts.now();
      Thread.sleep(SHARES_OVER);
      Map<String, Long> after = counts.now();
      Map<String, Double> calls = new TreeMap<>();
      for (String server : servers) {
        calls.put(server, (double) (sum(after, server) - sum(before, server)));
      }
      double all = calls.values().stream().mapToDouble(Double::doubleValue).sum();
      calls.replaceAll((_, count) -> count / all);
      shares = calls;
    } while (!shares.values().stream().allMatch(share -> share > SHARE_MIN));
    System.out.printf("shares of calls: %s%n", shares);
  }

  /** Calls so far by what names a server's address. */
  private interface Counts {
    Map<String, Long> now() throws Exception;
  }

  private static long sum(Map<String, Long> counts, String server) {
    return counts.entrySet().stream()
        .filter(entry -> entry.getKey().contains(server))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** A token of each write-server, used at once at each read-server. */
  private static void assertTokensHonoured(List<String> writers, List<String> readers, Pace pace)
      throws Exception {
    for (String writer : writers) {
      for (String reader : readers) {
        String id = ("token-" + writer + "-" + reader).replace(':', '-');
        with(
            writer,
            pace,
            commands -> {
              var created =
                  CommandServiceGrpc.newBlockingStub(commands)
                      .createPayment(
                          CreatePaymentRequest.newBuilder()
                              .setContext(CommandContext.newBuilder().setRequestId(id))
                              .setOrganizationId("tokens")
                              .setPaymentId(id)
                              .setAmount(
                                  Amount.newBuilder().setMinorUnits(1).setCurrencyCode("EUR"))
                              .build());
              with(
                  reader,
                  pace,
                  queries ->
                      assertThat(
                              QueryServiceGrpc.newBlockingStub(queries)
                                  .getPayment(
                                      GetPaymentRequest.newBuilder()
                                          .setOrganizationId("tokens")
                                          .setPaymentId(id)
                                          .setReadOptions(
                                              ReadOptions.newBuilder()
                                                  .setConsistency(
                                                      Consistency.newBuilder()
                                                          .setAtLeastAsFresh(
                                                              created
                                                                  .getReceipt()
                                                                  .getConsistencyToken())))
                                          .build())
                                  .getPayment())
                          .isEqualTo(created.getPayment()));
            });
      }
    }
  }

  /** What is done with a channel. */
  private interface Step {
    void run(Channel channel) throws Exception;
  }

  private static void with(String target, Pace pace, Step step) throws Exception {
    ManagedChannel channel = Clients.retrying(target, pace.serviceConfig());
    try {
      step.run(channel);
    } finally {
      channel.shutdownNow();
    }
  }
}
