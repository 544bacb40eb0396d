package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.internal.v1.ListSourcesRequest;
import com.gyroscops.payments.internal.v1.OptimizeSourceRequest;
import com.gyroscops.payments.internal.v1.OptimizeSourceResponse;
import com.gyroscops.payments.internal.v1.ReadAdminServiceGrpc;
import com.gyroscops.payments.internal.v1.ReadAdminServiceGrpc.ReadAdminServiceBlockingStub;
import com.gyroscops.payments.internal.v1.SourceHealth;
import com.gyroscops.payments.internal.v1.SourceState;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.testing.Eventually;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.ReadSource;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every read source and every read-server fails, one after the other, on one stack and under a
 * steady load. Invariants: no answer is older than its token, wrong, or without a payment that is
 * there; with four sources nothing is refused but for want of freshness, and the others keep up;
 * what failed comes back by itself, until every source of every read-server shows exactly what was
 * done, each shared one kept in step by one read-server.
 */
@Order(Order.DEFAULT + 6)
@TestInstance(Lifecycle.PER_CLASS)
final class SourceFailuresIT {

  private static final int READ_SERVERS = 2;
  private static final int CLIENTS = 2;

  /** Time between a client's commands, each of which twelve queries follow. */
  private static final Duration PACE = Duration.ofMillis(125);

  /** Longer than a store is waited for before it counts as away. */
  private static final Duration OUTAGE = Duration.ofSeconds(4);

  private static final Duration PAUSE = Duration.ofSeconds(8);

  /** Longer than a lease. */
  private static final Duration LEASE_OUTAGE = Duration.ofSeconds(7);

  private static final Duration DATABASE_PAUSE = Duration.ofSeconds(5);

  /** How long others are watched for what one that wakes might do. */
  private static final Duration AFTER_WAKING = Duration.ofSeconds(2);

  /**
   * Longest lag of sources that are well, on a slow machine; they would never get there if held.
   */
  private static final Duration LAG_MAX = Duration.ofSeconds(90);

  /** Longest time to come back; a lease may have to end first. */
  private static final Duration HEAL_MAX = Duration.ofMinutes(3);

  private static final Duration CALL_MAX = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(100);

  private static final Set<ReadSource> SOURCES =
      EnumSet.of(
          ReadSource.READ_SOURCE_SQL,
          ReadSource.READ_SOURCE_REDIS,
          ReadSource.READ_SOURCE_SEARCH,
          ReadSource.READ_SOURCE_MEMORY);

  private static final Set<ReadSource> SHARED =
      EnumSet.of(
          ReadSource.READ_SOURCE_SQL, ReadSource.READ_SOURCE_REDIS, ReadSource.READ_SOURCE_SEARCH);

  /** What fails, for how long, and which source says then that it cannot answer. */
  enum Failure {
    REDIS_KILLED(OUTAGE, ReadSource.READ_SOURCE_REDIS),
    REDIS_PAUSED(PAUSE, ReadSource.READ_SOURCE_REDIS),
    REDIS_EMPTIED(OUTAGE, null),
    REDIS_FULL(OUTAGE, ReadSource.READ_SOURCE_REDIS),
    SEARCH_KILLED(OUTAGE, ReadSource.READ_SOURCE_SEARCH),
    SEARCH_PAUSED(PAUSE, ReadSource.READ_SOURCE_SEARCH),
    SEARCH_DELETED(OUTAGE, null),
    SEARCH_READ_ONLY(OUTAGE, ReadSource.READ_SOURCE_SEARCH),
    PROJECTOR_KILLED(OUTAGE, null),
    PROJECTOR_DRAINED(OUTAGE, null),
    PROJECTOR_PAUSED(LEASE_OUTAGE, null);

    private final Duration outage;
    private final @Nullable ReadSource lost;

    Failure(Duration outage, @Nullable ReadSource lost) {
      this.outage = outage;
      this.lost = lost;
    }

    Set<ReadSource> lost() {
      return lost == null ? EnumSet.noneOf(ReadSource.class) : EnumSet.of(lost);
    }
  }

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path folder;

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<SteadyClient> clients = new ArrayList<>();
  private final List<ManagedChannel> internal = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /** Held for reading by a client at work, for writing while none may be. */
  private final ReadWriteLock atWork = new ReentrantReadWriteLock(true);

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile boolean over;
  private volatile boolean writesMayFail;
  private CliStack stack;
  private ManagedChannel writeServer;
  private ReadFleet fleet;

  /** A client that works when told to. */
  private SteadyClient own;

  @BeforeAll
  void start() throws Exception {
    long seed = Seed.any();
    stack = new CliStack(folder.resolve("data"));
    stack.up("--read-servers", Integer.toString(READ_SERVERS)).succeeded();
    writeServer = stack.writeServer(0);
    servers().forEach(it -> internal.add(Clients.failingFast(stack.internalReadTarget(it))));
    fleet = new ReadFleet(servers().map(stack::readTarget).toList());
    own = client("own", seed);
    own.step();
    for (int i = 0; i < CLIENTS; i++) {
      SteadyClient client = client("steady-" + i, seed + 1 + i);
      client.step();
      clients.add(client);
      threads.execute(() -> load(client));
    }
    awaitAllAtHead();
    report("warm");
  }

  private SteadyClient client(String organization, long seed) {
    return new SteadyClient(
        organization, writeServer, fleet, () -> writesMayFail, new Random(seed));
  }

  @AfterAll
  void stop() throws Exception {
    over = true;
    threads.close();
    fleet.close();
    internal.forEach(ManagedChannel::shutdownNow);
    writeServer.shutdownNow();
    stack.close();
    http.close();
  }

  private void load(SteadyClient client) {
    try {
      while (!over && failure.get() == null) {
        long start = System.nanoTime();
        atWork.readLock().lock();
        try {
          client.step();
        } finally {
          atWork.readLock().unlock();
        }
        long left = PACE.toNanos() - (System.nanoTime() - start);
        TimeUnit.NANOSECONDS.sleep(Math.max(0, left));
      }
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_failure_hides_nothing_stops_no_other_and_heals(Failure what) throws Exception {
    Map<String, CliStack.Lease> leases = allLeases();
    String victim = victim(what, leases);
    ProcessHandle process = stack.process(victim);
    boolean ofServer = victim.startsWith("read-server-");
    leases.values().removeIf(it -> !it.holder().equals(victim));
    long before = head();
    if (ofServer) {
      whileNobodyWorks(() -> fleet.isGone(indexOf(victim)));
    }
    inflict(what, process);
    try {
      othersKeepUp(what.outage, what.lost(), before);
      for (ReadSource lost : what.lost()) {
        own.step();
        servers().forEach(it -> own.isRefused(it, lost));
      }
      if (ofServer) {
        othersHaveTakenOver(victim, leases);
      }
    } finally {
      end(what, process);
    }
    if (ofServer) {
      fleet.returns();
      eventually("it serves again", () -> hasSources(indexOf(victim)));
    }
    if (what == Failure.PROJECTOR_PAUSED) {
      othersHaveTakenOver(victim, leases);
      checkpointOnlyGrows();
    }
    allIsWell();
    report(what.name() + " (" + victim + ")");
  }

  @Test
  void payments_are_found_while_the_databases_stand_still() throws Exception {
    own.step();
    awaitAllAtHead();
    ProcessHandle postgres = stack.process("postgresql");
    writesMayFail = true;
    Processes.pause(postgres);
    try {
      long until = System.nanoTime() + DATABASE_PAUSE.toNanos();
      while (System.nanoTime() - until < 0) {
        fleet.ways().forEach(it -> own.see(it, ReadSource.READ_SOURCE_UNSPECIFIED));
        servers()
            .forEach(it -> {
              own.see(it, ReadSource.READ_SOURCE_MEMORY);
              own.see(it, ReadSource.READ_SOURCE_SEARCH);
              own.see(it, ReadSource.READ_SOURCE_REDIS);
            });
        Thread.sleep(POLL);
      }
      servers().forEach(it -> own.isRefused(it, ReadSource.READ_SOURCE_SQL));
    } finally {
      Processes.resume(postgres);
    }
    allIsWell();
    writesMayFail = false;
    report("POSTGRESQL_PAUSED");
  }

  @Test
  void a_source_is_tidied_up_while_it_answers() throws Exception {
    for (int server = 0; server < READ_SERVERS; server++) {
      OptimizeSourceResponse tidied = optimize(server, ReadSource.READ_SOURCE_MEMORY);
      assertThat(tidied.getSegmentsBefore()).isPositive();
      assertThat(tidied.getSegmentsAfter()).isPositive();
      for (ReadSource shared : SHARED) {
        int asked = server;
        assertThatThrownBy(() -> optimize(asked, shared))
            .isInstanceOfSatisfying(
                StatusRuntimeException.class,
                refused ->
                    assertThat(ApiError.from(refused).orElseThrow().reason())
                        .isEqualTo("SOURCE_NOT_CAPABLE"));
      }
    }
    allIsWell();
    report("OPTIMIZED");
  }

  private OptimizeSourceResponse optimize(int server, ReadSource source) {
    return admin(server)
        .optimizeSource(OptimizeSourceRequest.newBuilder().setSource(source).build());
  }

  private static String victim(Failure what, Map<String, CliStack.Lease> leases) {
    return switch (what) {
      case REDIS_KILLED, REDIS_PAUSED, REDIS_EMPTIED, REDIS_FULL -> "redis";
      case SEARCH_KILLED, SEARCH_PAUSED, SEARCH_DELETED, SEARCH_READ_ONLY -> "opensearch";
      case PROJECTOR_KILLED, PROJECTOR_DRAINED, PROJECTOR_PAUSED -> holderOfMost(leases);
    };
  }

  private void inflict(Failure what, ProcessHandle process) throws Exception {
    switch (what) {
      case REDIS_KILLED, SEARCH_KILLED, PROJECTOR_KILLED -> {
        assertThat(process.destroyForcibly()).isTrue();
        awaitEnd(process);
      }
      case PROJECTOR_DRAINED -> {
        assertThat(process.destroy()).isTrue();
        awaitEnd(process);
      }
      case REDIS_PAUSED, SEARCH_PAUSED, PROJECTOR_PAUSED -> Processes.pause(process);
      case REDIS_EMPTIED -> assertThat(stack.redis("FLUSHALL")).isEqualTo("+OK");
      case REDIS_FULL -> {
        assertThat(stack.redis("CONFIG SET maxmemory-policy noeviction")).isEqualTo("+OK");
        assertThat(stack.redis("CONFIG SET maxmemory 1")).isEqualTo("+OK");
      }
      case SEARCH_DELETED -> {
        for (String index : indices()) {
          search("DELETE", "/" + index, "");
        }
      }
      case SEARCH_READ_ONLY -> blockWrites(true);
    }
  }

  private void end(Failure what, ProcessHandle process) throws Exception {
    switch (what) {
      case REDIS_KILLED, SEARCH_KILLED, PROJECTOR_KILLED, PROJECTOR_DRAINED ->
          stack.up().succeeded();
      case REDIS_PAUSED, SEARCH_PAUSED, PROJECTOR_PAUSED -> Processes.resume(process);
      case REDIS_EMPTIED, SEARCH_DELETED -> {}
      case REDIS_FULL -> assertThat(stack.redis("CONFIG SET maxmemory 0")).isEqualTo("+OK");
      case SEARCH_READ_ONLY -> blockWrites(false);
    }
  }

  private static void awaitEnd(ProcessHandle process) throws IOException {
    assertThat(Processes.awaitEnd(List.of(process), Duration.ofMinutes(2))).isTrue();
  }

  /** For that long, every source that is not lost reaches what was done up to a moment before. */
  private void othersKeepUp(Duration time, Set<ReadSource> lost, long before) throws Exception {
    Set<ReadSource> others = EnumSet.copyOf(SOURCES);
    others.removeAll(lost);
    long start = System.nanoTime();
    do {
      awaitAt(others, head(), LAG_MAX);
      Thread.sleep(POLL);
    } while (System.nanoTime() - start < time.toNanos());
    eventually("the load goes on", () -> head() > before);
  }

  /** Leases by source, at a moment when somebody has each: one may lapse before it is renewed. */
  private Map<String, CliStack.Lease> allLeases() throws Exception {
    List<Map<String, CliStack.Lease>> looks = new ArrayList<>();
    eventually(
        "somebody has each lease",
        () -> {
          looks.add(stack.leases());
          return looks.getLast().keySet().containsAll(Set.of("sql", "redis", "search"));
        });
    return looks.getLast();
  }

  private void othersHaveTakenOver(String victim, Map<String, CliStack.Lease> before)
      throws Exception {
    assertThat(before).as("leases of %s", victim).isNotEmpty();
    eventually(
        "others take over from " + victim,
        () -> {
          Map<String, CliStack.Lease> now = stack.leases();
          return before.entrySet().stream()
              .allMatch(it -> {
                CliStack.Lease newest = now.get(it.getKey());
                return newest != null && newest.fence() > it.getValue().fence();
              });
        });
  }

  private static String holderOfMost(Map<String, CliStack.Lease> leases) {
    Map<String, Integer> counts = new HashMap<>();
    leases.values().forEach(it -> counts.merge(it.holder(), 1, Integer::sum));
    return counts.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }

  /** A projector that wakes with an old fence moves nothing back. */
  private void checkpointOnlyGrows() throws Exception {
    long position = 0;
    long fence = 0;
    long start = System.nanoTime();
    try (var connection = stack.database("payments_read");
        var statement =
            connection.prepareStatement(
                "select position, fence from checkpoints where source = 'sql'")) {
      while (System.nanoTime() - start < AFTER_WAKING.toNanos()) {
        try (var row = statement.executeQuery()) {
          assertThat(row.next()).isTrue();
          assertThat(row.getLong(1)).as("position of sql").isGreaterThanOrEqualTo(position);
          assertThat(row.getLong(2)).as("fence of sql").isGreaterThanOrEqualTo(fence);
          position = row.getLong(1);
          fence = row.getLong(2);
        }
        Thread.sleep(5);
      }
    }
  }

  /** Every source of every read-server shows everything, and each shared one has one projector. */
  private void allIsWell() throws Exception {
    awaitAllAtHead();
    // One that is back answers before the channels to it know.
    fleet.ways().forEach(it -> own.see(it, ReadSource.READ_SOURCE_UNSPECIFIED));
    fleet.isWhole();
    whileNobodyWorks(() -> {
      List<SteadyClient> all = new ArrayList<>(clients);
      all.add(own);
      all.forEach(SteadyClient::change);
      awaitAllAtHead();
      for (ReadSource shared : SHARED) {
        eventually(
            "%s has one projector".formatted(shared),
            () -> servers().allMatch(this::hasSources) && projectors(shared) == 1);
      }
      for (int server = 0; server < READ_SERVERS; server++) {
        for (SteadyClient client : all) {
          for (ReadSource source : SOURCES) {
            client.seeAll(server, source);
          }
          client.see(server, ReadSource.READ_SOURCE_UNSPECIFIED);
        }
        for (SteadyClient client : clients) {
          client.seeNewest(server, ReadSource.READ_SOURCE_REDIS);
        }
      }
    });
  }

  private long projectors(ReadSource source) {
    return servers()
        .flatMap(this::sourcesTold)
        .filter(it -> it.getSource() == source && it.getProjectedHere())
        .count();
  }

  /** Something that may fail in any way. */
  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }

  private void whileNobodyWorks(Work work) throws Exception {
    atWork.writeLock().lock();
    try {
      assertNoFailure();
      work.run();
    } finally {
      atWork.writeLock().unlock();
    }
  }

  private void awaitAllAtHead() throws Exception {
    awaitAt(SOURCES, head(), HEAL_MAX);
  }

  /** Waits until these sources, as all read-servers that answer know them, are well and there. */
  private void awaitAt(Set<ReadSource> wanted, long position, Duration max) throws Exception {
    List<Integer> asked = fleet.ways().stream().filter(it -> it != ReadFleet.IN_TURNS).toList();
    eventually(
        wanted + " at " + position,
        max,
        () ->
            asked.stream()
                .allMatch(server ->
                    sourcesTold(server)
                            .filter(it -> wanted.contains(it.getSource()))
                            .filter(it -> it.getHealth() == SourceHealth.SOURCE_HEALTH_UP)
                            .filter(it -> it.getAppliedPosition() >= position)
                            .count()
                        == wanted.size()));
  }

  private static Stream<Integer> servers() {
    return IntStream.range(0, READ_SERVERS).boxed();
  }

  private Stream<SourceState> sources(int server) {
    return admin(server)
        .listSources(ListSourcesRequest.getDefaultInstance())
        .getSourcesList()
        .stream();
  }

  /** None of a server that does not answer just now. */
  private Stream<SourceState> sourcesTold(int server) {
    try {
      return sources(server);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isIn(Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED);
      return Stream.empty();
    }
  }

  private boolean hasSources(int server) {
    return sourcesTold(server).count() == SOURCES.size();
  }

  private ReadAdminServiceBlockingStub admin(int server) {
    return ReadAdminServiceGrpc.newBlockingStub(internal.get(server))
        .withDeadlineAfter(CALL_MAX.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Position of the newest event that a client knows of. */
  private long head() {
    return Stream.concat(Stream.of(own), clients.stream())
        .mapToLong(SteadyClient::position)
        .max()
        .orElseThrow();
  }

  private static int indexOf(String readServer) {
    return Integer.parseInt(readServer.substring("read-server-".length()));
  }

  private List<String> indices() throws IOException, InterruptedException {
    List<String> names = new ArrayList<>();
    for (JsonElement index :
        JsonParser.parseString(search("GET", "/_cat/indices?format=json", "")).getAsJsonArray()) {
      String name = index.getAsJsonObject().get("index").getAsString();
      if (name.startsWith("gyroscops-")) {
        names.add(name);
      }
    }
    assertThat(names).isNotEmpty();
    return names;
  }

  private void blockWrites(boolean blocked) throws IOException, InterruptedException {
    for (String index : indices()) {
      search("PUT", "/" + index + "/_settings", "{\"index.blocks.write\": " + blocked + "}");
    }
  }

  private String search(String method, String path, String body)
      throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(URI.create(stack.searchUrl() + path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isLessThan(300);
    return response.body();
  }

  private void report(String what) {
    System.out.println(what + ": " + fleet.summary());
  }

  private void assertNoFailure() {
    Throwable failed = failure.get();
    if (failed != null) {
      throw new AssertionError("a client failed: " + failed.getMessage(), failed);
    }
  }

  private void eventually(String what, Callable<Boolean> condition) throws Exception {
    eventually(what, HEAL_MAX, condition);
  }

  private void eventually(String what, Duration max, Callable<Boolean> condition) throws Exception {
    try {
      Eventually.eventually(
          what,
          max,
          POLL,
          () -> {
            boolean happened = condition.call();
            if (!happened) {
              assertNoFailure();
            }
            return happened;
          });
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("did not happen: " + what + "\n" + stack.status().out(), e);
    }
  }
}
