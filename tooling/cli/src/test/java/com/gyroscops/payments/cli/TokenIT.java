package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.testing.Seed;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A command answers a token; a query with that token, of any read-server and at once, sees the
 * command. Invariant: an answer under a token is never older than the token; who cannot give one
 * says so. Under load on both write-servers, and while the read-server that projects is killed and
 * started again. The system property {@code payments.token.commands} says how many commands.
 */
@Order(Order.DEFAULT + 3)
final class TokenIT {

  private static final int WRITE_SERVERS = 2;
  private static final int READ_SERVERS = 3;

  /** Enough for batches on the write side and queries that wait for one another's events. */
  private static final int CLIENTS = 8;

  /** Longest that all of it may take, a slow machine and the outage of the projection included. */
  private static final Duration LOAD_MAX = Duration.ofMinutes(20);

  /** Several times as long as a lease is missed before another takes it. */
  private static final Duration LEASE_MAX = Duration.ofMinutes(2);

  private static final Duration LEASE_POLL = Duration.ofMillis(100);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @Test
  void a_query_with_a_commands_token_sees_the_command_on_every_read_server() throws Exception {
    int commands = Integer.getInteger("payments.token.commands", 2_000);
    long seed = Seed.any();
    System.out.printf("%d commands%n", commands);
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      stack
          .up(
              "--write-servers",
              Integer.toString(WRITE_SERVERS),
              "--read-servers",
              Integer.toString(READ_SERVERS),
              "--without",
              "temporal")
          .succeeded();
      List<ManagedChannel> writeServers = new ArrayList<>();
      for (int i = 0; i < WRITE_SERVERS; i++) {
        writeServers.add(stack.writeServer(i));
      }
      try (ReadServers readServers = readServers(stack)) {
        play(stack, writeServers, readServers, commands, seed);
      } finally {
        writeServers.forEach(ManagedChannel::shutdownNow);
      }
    }
  }

  private static ReadServers readServers(CliStack stack) {
    List<ManagedChannel> channels = new ArrayList<>();
    for (int i = 0; i < READ_SERVERS; i++) {
      channels.add(Clients.failingFast(stack.readTarget(i)));
    }
    return new ReadServers(channels);
  }

  private static void play(
      CliStack stack,
      List<ManagedChannel> writeServers,
      ReadServers readServers,
      int commands,
      long seed)
      throws Exception {
    List<ProcessHandle> processes = new ArrayList<>();
    for (int i = 0; i < READ_SERVERS; i++) {
      processes.add(stack.process("read-server-" + i));
    }
    // Two thirds are left for the outage and for the return of the one that was killed.
    CountDownLatch untilKill = new CountDownLatch(commands / 3);
    AtomicInteger left = new AtomicInteger(commands);
    List<TokenClient> clients = new ArrayList<>();
    List<Future<?>> runs = new ArrayList<>();
    long start = System.nanoTime();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CLIENTS; i++) {
        TokenClient client =
            new TokenClient("token-" + i, writeServers, readServers, new Random(seed + i));
        clients.add(client);
        runs.add(
            threads.submit(() -> {
              try {
                while (left.getAndDecrement() > 0) {
                  client.step();
                  untilKill.countDown();
                }
              } catch (RuntimeException | AssertionError e) {
                left.set(0);
                throw e;
              }
            }));
      }
      while (!untilKill.await(100, TimeUnit.MILLISECONDS) && left.get() > 0) {
        assertThat(System.nanoTime() - start).isLessThan(LOAD_MAX.toNanos());
      }
      if (left.get() > 0) {
        killTheProjector(stack, readServers, processes);
        stack.up().succeeded();
        System.out.printf("up again with %d commands left%n", Math.max(0, left.get()));
      }
      await(runs, start);
    }
    System.out.printf(
        "%d commands in %d ms: %s%n",
        commands, Duration.ofNanos(System.nanoTime() - start).toMillis(), readServers.summary());
    Map<String, Integer> asked = new LinkedHashMap<>();
    clients.forEach(client ->
        client.asked().forEach((query, count) -> asked.merge(query, count, Integer::sum)));
    System.out.println("  asked: " + asked);
    assertThat(asked.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(commands);
    clients.forEach(TokenClient::seeAllEverywhere);
  }

  private static void await(List<Future<?>> runs, long start) throws Exception {
    List<Throwable> failures = new ArrayList<>();
    for (Future<?> run : runs) {
      try {
        run.get(LOAD_MAX.toNanos() - (System.nanoTime() - start), TimeUnit.NANOSECONDS);
      } catch (ExecutionException e) {
        failures.add(e.getCause());
      }
    }
    if (!failures.isEmpty()) {
      AssertionError failed =
          new AssertionError(
              failures.size() + " clients failed, the first: " + failures.getFirst());
      failures.forEach(failed::addSuppressed);
      throw failed;
    }
  }

  private static void killTheProjector(
      CliStack stack, ReadServers readServers, List<ProcessHandle> processes) throws Exception {
    String holder = leaseHolder(stack);
    int victim = Integer.parseInt(holder.substring("read-server-".length()));
    System.out.println("kill " + holder + ", which projects");
    readServers.expectDeathOf(victim);
    ProcessHandle process = processes.get(victim);
    assertThat(process.destroyForcibly()).isTrue();
    assertThat(Processes.awaitEnd(List.of(process), Duration.ofMinutes(1))).isTrue();
  }

  private static String leaseHolder(CliStack stack) throws Exception {
    // On a slow machine it may lapse before it is renewed.
    List<CliStack.Lease> found = new ArrayList<>();
    eventually(
        "somebody projects",
        LEASE_MAX,
        LEASE_POLL,
        () -> {
          CliStack.Lease lease = stack.leases().get("sql");
          if (lease != null) {
            found.add(lease);
          }
          return lease != null;
        });
    return found.getLast().holder();
  }
}
