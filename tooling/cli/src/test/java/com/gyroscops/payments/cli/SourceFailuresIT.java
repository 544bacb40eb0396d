package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.localstack.Processes;
import com.gyroscops.payments.v1.ListSourcesRequest;
import com.gyroscops.payments.v1.OptimizeSourceRequest;
import com.gyroscops.payments.v1.OptimizeSourceResponse;
import com.gyroscops.payments.v1.ReadAdminServiceGrpc;
import com.gyroscops.payments.v1.ReadAdminServiceGrpc.ReadAdminServiceBlockingStub;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SourceHealth;
import com.gyroscops.payments.v1.SourceState;
import io.grpc.ManagedChannel;
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
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Sources and read-servers fail one after the other under a load that never stops, and nobody
 * notices but by the time an answer takes: no answer is older than its token, wrong, or refused
 * otherwise than for want of freshness; the other sources go on; and what failed heals by itself,
 * until every source of every read-server shows exactly what was done.
 */
@TestInstance(Lifecycle.PER_CLASS)
final class SourceFailuresIT {

  private static final int READ_SERVERS = 2;
  private static final int CLIENTS = 4;

  /** Commands of the load while something is out of order. */
  private static final int STEPS = 300;

  /** While a read-server stands still: half of the queries go to it, and wait for ten seconds. */
  private static final int STEPS_WITH_ONE_PAUSED = 3 * CLIENTS;

  /** Longer than the time limits on the way to an engine. */
  private static final Duration OUTAGE_MIN = Duration.ofSeconds(4);

  /** A lease of a projector that was stopped has to end first; a slow machine included. */
  private static final Duration HEAL_MAX = Duration.ofSeconds(90);

  private static final Duration PACE = Duration.ofMillis(5);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration CALL_MAX = Duration.ofSeconds(10);

  private static final Set<ReadSource> SOURCES =
      EnumSet.of(
          ReadSource.READ_SOURCE_SQL,
          ReadSource.READ_SOURCE_REDIS,
          ReadSource.READ_SOURCE_SEARCH,
          ReadSource.READ_SOURCE_MEMORY);

  private static final Set<ReadSource> SHARED =
      EnumSet.of(
          ReadSource.READ_SOURCE_SQL, ReadSource.READ_SOURCE_REDIS, ReadSource.READ_SOURCE_SEARCH);

  /** What happens, and to which engine. */
  enum Failure {
    REDIS_KILLED("redis", ReadSource.READ_SOURCE_REDIS),
    REDIS_PAUSED("redis", ReadSource.READ_SOURCE_REDIS),
    REDIS_EMPTIED("redis", null),
    REDIS_FULL("redis", ReadSource.READ_SOURCE_REDIS),
    SEARCH_KILLED("opensearch", ReadSource.READ_SOURCE_SEARCH),
    SEARCH_PAUSED("opensearch", ReadSource.READ_SOURCE_SEARCH),
    SEARCH_EMPTIED("opensearch", null),
    SEARCH_READ_ONLY("opensearch", ReadSource.READ_SOURCE_SEARCH),
    PROJECTOR_PAUSED("", null),
    PROJECTOR_DRAINED("", null);

    private final String engine;
    private final @Nullable ReadSource lost;

    /**
     * @param engine the process that it is done to; empty: the read-server that projects
     * @param lost the source that cannot answer until it is over; null: none for sure
     */
    Failure(String engine, @Nullable ReadSource lost) {
      this.engine = engine;
      this.lost = lost;
    }
  }

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path folder;

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<TokenClient> clients = new ArrayList<>();
  private final List<ManagedChannel> internal = new ArrayList<>();
  private final AtomicLong steps = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /** Held for reading during a command and the query after it, for writing while all is calm. */
  private final ReadWriteLock calm = new ReentrantReadWriteLock(true);

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile boolean over;
  private CliStack stack;
  private ManagedChannel writeServer;
  private ReadServers readServers;

  @BeforeAll
  void start() throws Exception {
    long seed = System.nanoTime();
    System.out.printf("seed %d%n", seed);
    stack = new CliStack(folder.resolve("data"));
    stack.up("--read-servers", Integer.toString(READ_SERVERS)).succeeded();
    writeServer = stack.writeServer(0);
    List<ManagedChannel> channels = new ArrayList<>();
    for (int i = 0; i < READ_SERVERS; i++) {
      channels.add(Clients.failingFast(stack.readTarget(i)));
      internal.add(Clients.failingFast(stack.internalReadTarget(i)));
    }
    readServers = new ReadServers(channels);
    for (int i = 0; i < CLIENTS; i++) {
      TokenClient client =
          new TokenClient("chaos-" + i, List.of(writeServer), readServers, new Random(seed + i));
      clients.add(client);
      threads.execute(() -> load(client));
    }
    eventually("the load runs", () -> steps.get() > CLIENTS);
  }

  @AfterAll
  void stop() throws Exception {
    over = true;
    threads.close();
    readServers.close();
    internal.forEach(ManagedChannel::shutdownNow);
    writeServer.shutdownNow();
    stack.close();
    http.close();
  }

  private void load(TokenClient client) {
    try {
      while (!over && failure.get() == null) {
        calm.readLock().lock();
        try {
          client.step();
        } finally {
          calm.readLock().unlock();
        }
        steps.incrementAndGet();
        Thread.sleep(PACE);
      }
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_failure_of_one_is_nobodys_but_its_own_and_heals(Failure what) throws Exception {
    String victim =
        what.engine.isEmpty() ? leaseHolder(ReadSource.READ_SOURCE_SEARCH) : what.engine;
    ProcessHandle process = stack.process(victim);
    long before = head();
    inflict(what, victim, process);
    long since = System.nanoTime();
    long stepsBefore = steps.get();
    int enough = what == Failure.PROJECTOR_PAUSED ? STEPS_WITH_ONE_PAUSED : STEPS;
    eventually(
        "the load goes on",
        () ->
            steps.get() >= stepsBefore + enough
                && System.nanoTime() - since > OUTAGE_MIN.toNanos());
    if (what.lost != null) {
      whileOutOfOrder(what.lost, before);
    }
    heal(what, victim, process);
    report(what, victim, Duration.ofNanos(System.nanoTime() - since));
    allIsWell();
  }

  @Test
  void reads_go_on_from_the_other_sources_while_postgresql_is_paused() throws Exception {
    calm.writeLock().lock();
    try {
      awaitAllSourcesAt(head());
      ProcessHandle postgres = stack.process("postgresql");
      signal(postgres, "STOP");
      try {
        clients.forEach(TokenClient::seeAllEverywhere);
      } finally {
        signal(postgres, "CONT");
      }
    } finally {
      calm.writeLock().unlock();
    }
    allIsWell();
  }

  @Test
  void a_source_that_was_tidied_up_shows_the_same() throws Exception {
    calm.writeLock().lock();
    try {
      for (int server = 0; server < READ_SERVERS; server++) {
        OptimizeSourceResponse tidied =
            admin(server)
                .optimizeSource(
                    OptimizeSourceRequest.newBuilder()
                        .setSource(ReadSource.READ_SOURCE_MEMORY)
                        .build());
        assertThat(tidied.getSegmentsBefore()).isPositive();
        assertThat(tidied.getSegmentsAfter()).isBetween(1, tidied.getSegmentsBefore());
      }
    } finally {
      calm.writeLock().unlock();
    }
    allIsWell();
  }

  private void inflict(Failure what, String victim, ProcessHandle process) throws Exception {
    switch (what) {
      case REDIS_KILLED, SEARCH_KILLED -> {
        assertThat(process.destroyForcibly()).isTrue();
        assertThat(Processes.awaitEnd(List.of(process), Duration.ofSeconds(10))).isTrue();
      }
      case REDIS_PAUSED, SEARCH_PAUSED -> signal(process, "STOP");
      case REDIS_EMPTIED -> assertThat(stack.redis("FLUSHALL")).isEqualTo("+OK");
      case REDIS_FULL -> {
        assertThat(stack.redis("CONFIG SET maxmemory-policy noeviction")).isEqualTo("+OK");
        assertThat(stack.redis("CONFIG SET maxmemory 1")).isEqualTo("+OK");
      }
      case SEARCH_EMPTIED -> {
        for (String index : indices()) {
          search("DELETE", "/" + index, "");
        }
      }
      case SEARCH_READ_ONLY -> readOnly("true");
      case PROJECTOR_PAUSED -> {
        expectDeathOf(victim);
        signal(process, "STOP");
        eventually(
            "another one projects",
            () -> !leaseHolder(ReadSource.READ_SOURCE_SEARCH).equals(victim));
      }
      case PROJECTOR_DRAINED -> {
        expectDeathOf(victim);
        assertThat(process.destroy()).isTrue();
        assertThat(Processes.awaitEnd(List.of(process), Duration.ofSeconds(30))).isTrue();
      }
    }
  }

  private void heal(Failure what, String victim, ProcessHandle process) throws Exception {
    switch (what) {
      case REDIS_KILLED, SEARCH_KILLED, PROJECTOR_DRAINED -> stack.up().succeeded();
      case REDIS_PAUSED, SEARCH_PAUSED, PROJECTOR_PAUSED -> signal(process, "CONT");
      case REDIS_EMPTIED, SEARCH_EMPTIED -> {}
      case REDIS_FULL -> assertThat(stack.redis("CONFIG SET maxmemory 0")).isEqualTo("+OK");
      case SEARCH_READ_ONLY -> readOnly("null");
    }
    if (victim.startsWith("read-server-")) {
      eventually("it is back", () -> sources(indexOf(victim)).count() == SOURCES.size());
      readServers.expectNoDeath();
    }
  }

  /** The source that is out of order says so and when to ask again; the others are at work. */
  private void whileOutOfOrder(ReadSource lost, long before) throws Exception {
    calm.writeLock().lock();
    try {
      for (int server = 0; server < READ_SERVERS; server++) {
        clients.getFirst().isRefusedBy(server, lost);
      }
      assertThat(head()).isGreaterThan(before);
      Set<ReadSource> others = EnumSet.copyOf(SOURCES);
      others.remove(lost);
      awaitAt(others, head());
    } finally {
      calm.writeLock().unlock();
    }
  }

  /** Every source of every read-server shows everything, and each shared one has one projector. */
  private void allIsWell() throws Exception {
    calm.writeLock().lock();
    try {
      assertNoFailure();
      awaitAllSourcesAt(head());
      for (TokenClient client : clients) {
        client.seeAllEverywhere();
        for (int server = 0; server < READ_SERVERS; server++) {
          for (ReadSource source : SOURCES) {
            client.seeAllIn(server, source);
          }
        }
      }
    } finally {
      calm.writeLock().unlock();
    }
    long stepsBefore = steps.get();
    eventually("the load goes on", () -> steps.get() >= stepsBefore + CLIENTS);
  }

  private void awaitAllSourcesAt(long head) throws Exception {
    awaitAt(SOURCES, head);
    for (ReadSource shared : SHARED) {
      eventually(
          "one read-server projects " + shared,
          () ->
              servers()
                      .flatMap(this::sources)
                      .filter(it -> it.getSource() == shared && it.getProjectedHere())
                      .count()
                  == 1);
    }
  }

  private void awaitAt(Set<ReadSource> wanted, long head) throws Exception {
    eventually(
        wanted + " of all read-servers at " + head,
        () ->
            servers()
                .allMatch(server ->
                    sources(server)
                            .filter(it -> wanted.contains(it.getSource()))
                            .filter(it -> it.getHealth() == SourceHealth.SOURCE_HEALTH_UP)
                            .filter(it -> it.getAppliedPosition() >= head)
                            .count()
                        == wanted.size()));
  }

  private static Stream<Integer> servers() {
    return Stream.iterate(0, it -> it + 1).limit(READ_SERVERS);
  }

  /** What a server says of its sources; nothing if it does not answer yet. */
  private Stream<SourceState> sources(int server) {
    try {
      return admin(server)
          .listSources(ListSourcesRequest.getDefaultInstance())
          .getSourcesList()
          .stream();
    } catch (StatusRuntimeException _) {
      return Stream.empty();
    }
  }

  private ReadAdminServiceBlockingStub admin(int server) {
    return ReadAdminServiceGrpc.newBlockingStub(internal.get(server))
        .withDeadlineAfter(CALL_MAX.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Position of the newest command's event. */
  private long head() {
    return clients.stream()
        .map(TokenClient::token)
        .filter(token -> !token.isEmpty())
        .mapToLong(token -> ConsistencyTokens.decode(token).orElseThrow().getPosition())
        .max()
        .orElseThrow();
  }

  private void expectDeathOf(String readServer) {
    readServers.expectDeathOf(indexOf(readServer));
  }

  private static int indexOf(String readServer) {
    return Integer.parseInt(readServer.substring("read-server-".length()));
  }

  private String leaseHolder(ReadSource source) throws Exception {
    String name = source.name().substring("READ_SOURCE_".length()).toLowerCase(Locale.ROOT);
    try (var connection = stack.database("payments_read");
        var statement = connection.prepareStatement("select holder from leases where name = ?")) {
      statement.setString(1, name);
      try (var row = statement.executeQuery()) {
        assertThat(row.next()).as("somebody projects " + name).isTrue();
        return row.getString(1);
      }
    }
  }

  private List<String> indices() throws Exception {
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

  /** As the engine itself does when its disk is full. */
  private void readOnly(String value) throws Exception {
    for (String index : indices()) {
      search(
          "PUT",
          "/" + index + "/_settings",
          "{\"index.blocks.read_only_allow_delete\": " + value + "}");
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

  /** To a process and all that it started. */
  private static void signal(ProcessHandle process, String signal) throws Exception {
    List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
    Stream.concat(Stream.of(process), process.descendants())
        .forEach(it -> command.add(Long.toString(it.pid())));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private void report(Failure what, String victim, Duration outage) {
    System.out.printf(
        "%s (%s), %d ms: %d commands so far; %s%n",
        what, victim, outage.toMillis(), steps.get(), readServers.summary());
  }

  private void assertNoFailure() {
    Throwable failed = failure.get();
    if (failed != null) {
      throw new AssertionError("a client failed: " + failed.getMessage(), failed);
    }
  }

  private void eventually(String what, Callable<Boolean> condition) throws Exception {
    long until = System.nanoTime() + HEAL_MAX.toNanos();
    while (!condition.call()) {
      assertNoFailure();
      if (System.nanoTime() - until > 0) {
        throw new AssertionError("did not happen: " + what + "\n" + stack.status().out());
      }
      Thread.sleep(POLL);
    }
  }
}
