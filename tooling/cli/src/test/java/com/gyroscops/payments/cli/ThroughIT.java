package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_REDIS;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_SEARCH;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_SQL;
import static com.gyroscops.payments.v1.SourceProgressState.SOURCE_PROGRESS_STATE_APPLIED;
import static com.gyroscops.payments.v1.SourceProgressState.SOURCE_PROGRESS_STATE_PENDING;
import static com.gyroscops.payments.v1.SourceProgressState.SOURCE_PROGRESS_STATE_UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandReceipt;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SourceProgress;
import com.gyroscops.payments.v1.SourceProgressState;
import com.gyroscops.payments.v1.WriteStrategy;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * WRITE_THROUGH over whole processes: two write-servers, of which a source's projector subscribes
 * at one alone, and a read-server. What a command was told is applied, a query that demands nothing
 * and names the source must see at once.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ThroughIT {

  private static final int COMMANDS = 400;
  private static final int SEARCHED_COMMANDS = 20;

  /** A machine that stalls for a moment does so seldom. */
  private static final int ATTEMPTS_MAX = 20;

  /** What the write-servers wait at most: a source that is well is never waited for as long. */
  private static final Duration WAIT_MAX = Duration.ofSeconds(15);

  /**
   * Of a call that is to find a source that stands still before its projector gives up on it, which
   * takes it three seconds.
   */
  private static final Duration SHORT_CALL_MAX = Duration.ofSeconds(1);

  /** What a call's deadline leaves for the answer, and more. */
  private static final Duration DEADLINE_MARGIN_MAX = Duration.ofMillis(100);

  private static final Duration CALL_MAX = Duration.ofSeconds(60);
  private static final Duration EVENTUALLY_MAX = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(100);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path folder;

  private static final List<ManagedChannel> writeServers = new ArrayList<>();
  private static CliStack stack;
  private static ManagedChannel readServer;

  @BeforeAll
  static void start() throws Exception {
    stack =
        new CliStack(
            folder.resolve("data"), Map.of("WRITE_THROUGH_WAIT_MAX", WAIT_MAX.toSeconds() + "s"));
    stack
        .up("--write-servers", "2", "--read-servers", "1", "--without", "memory,temporal")
        .succeeded();
    for (int i = 0; i < 2; i++) {
      writeServers.add(stack.writeServer(i));
    }
    readServer = Clients.failingFast(stack.readTarget(0));
  }

  @AfterAll
  static void stop() throws Exception {
    writeServers.forEach(ManagedChannel::shutdownNow);
    readServer.shutdownNow();
    stack.close();
  }

  /** By both write-servers. */
  @BeforeEach
  void everySourceIsHeardOf() throws Exception {
    for (int each = 0; each < 2; each++) {
      int server = each;
      eventually(
          "sources come up",
          EVENTUALLY_MAX,
          POLL,
          () ->
              allApplied(
                  create(
                          server,
                          UUID.randomUUID().toString(),
                          READ_SOURCE_SQL,
                          READ_SOURCE_REDIS,
                          READ_SOURCE_SEARCH)
                      .receipt()));
    }
  }

  /** What a command was answered. */
  private record Done(CommandReceipt receipt, Payment payment, Duration took) {}

  private static CommandContext context(String requestId, ReadSource... sources) {
    return CommandContext.newBuilder()
        .setRequestId(requestId)
        .setWriteStrategy(WriteStrategy.WRITE_STRATEGY_WRITE_THROUGH)
        .addAllRequiredSources(Arrays.asList(sources))
        .build();
  }

  private CommandServiceGrpc.CommandServiceBlockingStub commands(int server, Duration max) {
    return CommandServiceGrpc.newBlockingStub(writeServers.get(server))
        .withDeadlineAfter(max.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Creates the payment of that id, by a request of that id. */
  private Done create(int server, String id, ReadSource... sources) {
    return create(server, CALL_MAX, id, sources);
  }

  private Done create(int server, Duration max, String id, ReadSource... sources) {
    long start = System.nanoTime();
    var response =
        commands(server, max)
            .createPayment(
                CreatePaymentRequest.newBuilder()
                    .setContext(context(id, sources))
                    .setOrganizationId("through")
                    .setPaymentId(id)
                    .setMerchantReference("order-" + id)
                    .setAmount(Amount.newBuilder().setMinorUnits(1_000).setCurrencyCode("EUR"))
                    .build());
    return new Done(
        response.getReceipt(), response.getPayment(), Duration.ofNanos(System.nanoTime() - start));
  }

  private Done process(int server, String paymentId, ReadSource... sources) {
    long start = System.nanoTime();
    var response =
        commands(server, CALL_MAX)
            .processPayment(
                ProcessPaymentRequest.newBuilder()
                    .setContext(context(UUID.randomUUID().toString(), sources))
                    .setOrganizationId("through")
                    .setPaymentId(paymentId)
                    .build());
    return new Done(
        response.getReceipt(), response.getPayment(), Duration.ofNanos(System.nanoTime() - start));
  }

  private static Map<ReadSource, SourceProgressState> states(CommandReceipt receipt) {
    Map<ReadSource, SourceProgressState> states = new LinkedHashMap<>();
    for (SourceProgress source : receipt.getSourcesList()) {
      states.put(source.getSource(), source.getState());
    }
    return states;
  }

  private static boolean allApplied(CommandReceipt receipt) {
    return receipt.getSourcesCount() > 0
        && states(receipt).values().stream().allMatch(SOURCE_PROGRESS_STATE_APPLIED::equals);
  }

  private QueryServiceBlockingStub queries() {
    return QueryServiceGrpc.newBlockingStub(readServer)
        .withDeadlineAfter(CALL_MAX.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static ReadOptions by(ReadSource source) {
    return ReadOptions.newBuilder()
        .setSource(source)
        .setConsistency(Consistency.newBuilder().setMinimizeLatency(true))
        .build();
  }

  /** The first answer: where a source does not answer for a moment, it is asked again. */
  private Payment find(String paymentId, ReadSource source) {
    GetPaymentRequest request =
        GetPaymentRequest.newBuilder()
            .setOrganizationId("through")
            .setPaymentId(paymentId)
            .setReadOptions(by(source))
            .build();
    return answered(() -> queries().getPayment(request)).getPayment();
  }

  private static <T> T answered(Supplier<T> query) {
    List<T> answers = new ArrayList<>();
    eventually(
        "a source answers",
        EVENTUALLY_MAX,
        POLL,
        () -> {
          try {
            return answers.add(query.get());
          } catch (StatusRuntimeException e) {
            if (ApiError.from(e).map(ApiError::reason).orElse("").equals("SOURCE_UNAVAILABLE")) {
              return false;
            }
            throw e;
          }
        });
    return answers.getFirst();
  }

  @Test
  @Order(1)
  void what_is_applied_is_seen_at_once_in_each_source_named() {
    List<List<Duration>> took = List.of(new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < COMMANDS / 2; i++) {
      String id = "seen-" + i;
      int creator = i % 2;
      int processor = (i + i / 2) % 2;
      Done created = create(creator, id, READ_SOURCE_SQL, READ_SOURCE_REDIS);
      took.get(creator).add(created.took());
      Done done = process(processor, id, READ_SOURCE_REDIS, READ_SOURCE_SQL);
      took.get(processor).add(done.took());
      for (Done each : List.of(created, done)) {
        assertThat(states(each.receipt()))
            .containsExactly(
                Map.entry(READ_SOURCE_SQL, SOURCE_PROGRESS_STATE_APPLIED),
                Map.entry(READ_SOURCE_REDIS, SOURCE_PROGRESS_STATE_APPLIED));
      }
      Payment processed = find(id, READ_SOURCE_SQL);
      assertThat(processed.getVersion()).isEqualTo(2);
      assertThat(find(id, READ_SOURCE_REDIS)).isEqualTo(processed);
    }
    for (int server = 0; server < 2; server++) {
      List<Duration> all = took.get(server);
      all.sort(Duration::compareTo);
      System.out.printf(
          "%d commands through sql and redis at write-server-%d: p50 %d ms, max %d ms%n",
          all.size(), server, all.get(all.size() / 2).toMillis(), all.getLast().toMillis());
    }
  }

  @Test
  @Order(2)
  void applied_by_search_means_searchable() {
    for (int i = 0; i < SEARCHED_COMMANDS; i++) {
      String id = "searched-" + i;
      assertThat(allApplied(create(i % 2, id, READ_SOURCE_SEARCH).receipt())).isTrue();
      SearchPaymentsRequest request =
          SearchPaymentsRequest.newBuilder()
              .setOrganizationId("through")
              .setFilter(PaymentFilter.newBuilder().setMerchantReference("order-" + id))
              .setReadOptions(by(READ_SOURCE_SEARCH))
              .build();
      assertThat(answered(() -> queries().searchPayments(request)).getPaymentsList())
          .extracting(Payment::getPaymentId)
          .containsExactly(id);
    }
  }

  @Test
  @Order(3)
  void a_source_that_stands_still_is_told_of_when_the_time_is_up_and_the_command_stands()
      throws Exception {
    ProcessHandle redis = stack.process("redis");
    Processes.pause(redis);
    Optional<Done> pending = Optional.empty();
    String id = "";
    try {
      for (int attempt = 1; pending.isEmpty(); attempt++) {
        assertThat(attempt).as("it is pending when the time is up").isLessThan(ATTEMPTS_MAX);
        Processes.resume(redis);
        awaitReplayApplied("goes-on-" + attempt);
        id = "stands-" + attempt;
        Processes.pause(redis);
        pending = pending(id);
      }
      Done done = pending.get();
      assertThat(done.took()).isGreaterThanOrEqualTo(SHORT_CALL_MAX.minus(DEADLINE_MARGIN_MAX));
      assertThat(find(id, READ_SOURCE_SQL)).isEqualTo(done.payment());

      // Its projector gives up on it: from then on nothing is known of it, old events included.
      long deadline = System.nanoTime() + EVENTUALLY_MAX.toNanos();
      Done replayed;
      do {
        assertThat(System.nanoTime()).as("it is noticed in time").isLessThan(deadline);
        replayed = create(1, id, READ_SOURCE_SQL, READ_SOURCE_REDIS);
        assertThat(replayed.took()).isGreaterThanOrEqualTo(WAIT_MAX);
        assertThat(replayed.receipt().getReplayed()).isTrue();
        assertThat(states(replayed.receipt()))
            .containsEntry(READ_SOURCE_SQL, SOURCE_PROGRESS_STATE_APPLIED)
            .doesNotContainEntry(READ_SOURCE_REDIS, SOURCE_PROGRESS_STATE_APPLIED);
      } while (states(replayed.receipt()).get(READ_SOURCE_REDIS) != SOURCE_PROGRESS_STATE_UNKNOWN);
    } finally {
      Processes.resume(redis);
    }
    awaitReplayApplied(id);
    assertThat(find(id, READ_SOURCE_REDIS).getVersion()).isEqualTo(1);
  }

  /**
   * A command while redis stands still, told that redis is behind. Empty where it took so long that
   * the call was over, or that more was known of redis, or less of sql.
   */
  private Optional<Done> pending(String id) {
    Done done;
    try {
      done = create(0, SHORT_CALL_MAX, id, READ_SOURCE_SQL, READ_SOURCE_REDIS);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      return Optional.empty();
    }
    Map<ReadSource, SourceProgressState> states = states(done.receipt());
    assertThat(states)
        .containsOnlyKeys(READ_SOURCE_SQL, READ_SOURCE_REDIS)
        .doesNotContainEntry(READ_SOURCE_REDIS, SOURCE_PROGRESS_STATE_APPLIED);
    return states.get(READ_SOURCE_SQL) == SOURCE_PROGRESS_STATE_APPLIED
            && states.get(READ_SOURCE_REDIS) == SOURCE_PROGRESS_STATE_PENDING
        ? Optional.of(done)
        : Optional.empty();
  }

  @Test
  @Order(4)
  void a_source_that_was_emptied_is_waited_for_until_it_stands_again() throws Exception {
    create(0, "before", READ_SOURCE_REDIS);
    for (int i = 0; i < 5; i++) {
      assertThat(stack.redis("FLUSHALL")).isEqualTo("+OK");
      String id = "emptied-" + i;
      Done done = create(i % 2, id, READ_SOURCE_REDIS);
      if (allApplied(done.receipt())) {
        assertSeenOrNotHeld(id);
      }
    }
    awaitReplayApplied("before");
  }

  /** Redis may have been emptied before the event or after: it must not answer anything older. */
  private void assertSeenOrNotHeld(String id) {
    try {
      assertThat(find(id, READ_SOURCE_REDIS).getPaymentId()).isEqualTo(id);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode())
          .isIn(Status.Code.UNAVAILABLE, Status.Code.FAILED_PRECONDITION);
    }
  }

  private void awaitReplayApplied(String id) {
    eventually(
        "redis goes on",
        EVENTUALLY_MAX,
        POLL,
        () -> allApplied(create(0, id, READ_SOURCE_REDIS).receipt()));
  }
}
