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
import java.util.UUID;
import java.util.concurrent.TimeUnit;
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

  /** What the write-servers wait at most. */
  private static final Duration WAIT_MAX = Duration.ofSeconds(2);

  /** Below what servers take that do not know that somebody waits; benchmarks tell the figure. */
  private static final Duration HASTE_MAX = Duration.ofMillis(150);

  private static final Duration CALL_MAX = Duration.ofSeconds(10);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path folder;

  private static final List<ManagedChannel> writeServers = new ArrayList<>();
  private static CliStack stack;
  private static ManagedChannel readServer;

  @BeforeAll
  static void start() throws Exception {
    stack = new CliStack(folder.resolve("data"));
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
          Duration.ofSeconds(60),
          Duration.ofMillis(100),
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

  private CommandServiceGrpc.CommandServiceBlockingStub commands(int server) {
    return CommandServiceGrpc.newBlockingStub(writeServers.get(server))
        .withDeadlineAfter(CALL_MAX.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Creates the payment of that id, by a request of that id. */
  private Done create(int server, String id, ReadSource... sources) {
    long start = System.nanoTime();
    var response =
        commands(server)
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
        commands(server)
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

  private Payment find(String paymentId, ReadSource source) {
    return queries()
        .getPayment(
            GetPaymentRequest.newBuilder()
                .setOrganizationId("through")
                .setPaymentId(paymentId)
                .setReadOptions(by(source))
                .build())
        .getPayment();
  }

  @Test
  @Order(1)
  void what_is_applied_is_seen_at_once_in_each_source_named() {
    List<Duration> took = new ArrayList<>();
    for (int i = 0; i < COMMANDS / 2; i++) {
      String id = "seen-" + i;
      for (Done done :
          List.of(
              create(i % 2, id, READ_SOURCE_SQL, READ_SOURCE_REDIS),
              process((i + i / 2) % 2, id, READ_SOURCE_REDIS, READ_SOURCE_SQL))) {
        assertThat(states(done.receipt()))
            .containsExactly(
                Map.entry(READ_SOURCE_SQL, SOURCE_PROGRESS_STATE_APPLIED),
                Map.entry(READ_SOURCE_REDIS, SOURCE_PROGRESS_STATE_APPLIED));
        took.add(done.took());
      }
      Payment processed = find(id, READ_SOURCE_SQL);
      assertThat(processed.getVersion()).isEqualTo(2);
      assertThat(find(id, READ_SOURCE_REDIS)).isEqualTo(processed);
    }
    took.sort(Duration::compareTo);
    System.out.printf(
        "%d commands through sql and redis: p50 %d ms, max %d ms%n",
        COMMANDS, took.get(COMMANDS / 2).toMillis(), took.getLast().toMillis());
    assertThat(took.get(COMMANDS / 2)).isLessThan(HASTE_MAX);
  }

  @Test
  @Order(2)
  void applied_by_search_means_searchable() {
    for (int i = 0; i < SEARCHED_COMMANDS; i++) {
      String id = "searched-" + i;
      assertThat(allApplied(create(i % 2, id, READ_SOURCE_SEARCH).receipt())).isTrue();
      assertThat(
              queries()
                  .searchPayments(
                      SearchPaymentsRequest.newBuilder()
                          .setOrganizationId("through")
                          .setFilter(PaymentFilter.newBuilder().setMerchantReference("order-" + id))
                          .setReadOptions(by(READ_SOURCE_SEARCH))
                          .build())
                  .getPaymentsList())
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
    try {
      Done done = create(0, "stands", READ_SOURCE_SQL, READ_SOURCE_REDIS);
      assertThat(states(done.receipt()))
          .containsExactly(
              Map.entry(READ_SOURCE_SQL, SOURCE_PROGRESS_STATE_APPLIED),
              Map.entry(READ_SOURCE_REDIS, SOURCE_PROGRESS_STATE_PENDING));
      assertThat(done.took()).isGreaterThanOrEqualTo(WAIT_MAX);
      assertThat(find("stands", READ_SOURCE_SQL)).isEqualTo(done.payment());

      // Its projector gives up on it: from then on nothing is known of it, old events included.
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      Done replayed;
      do {
        assertThat(System.nanoTime()).as("it is noticed in time").isLessThan(deadline);
        replayed = create(1, "stands", READ_SOURCE_SQL, READ_SOURCE_REDIS);
        assertThat(replayed.receipt().getReplayed()).isTrue();
        assertThat(states(replayed.receipt()))
            .containsEntry(READ_SOURCE_SQL, SOURCE_PROGRESS_STATE_APPLIED)
            .doesNotContainEntry(READ_SOURCE_REDIS, SOURCE_PROGRESS_STATE_APPLIED);
      } while (states(replayed.receipt()).get(READ_SOURCE_REDIS) != SOURCE_PROGRESS_STATE_UNKNOWN);
    } finally {
      Processes.resume(redis);
    }
    awaitReplayApplied("stands");
    assertThat(find("stands", READ_SOURCE_REDIS).getVersion()).isEqualTo(1);
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
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!allApplied(create(0, id, READ_SOURCE_REDIS).receipt())) {
      assertThat(System.nanoTime()).as("redis goes on").isLessThan(deadline);
    }
  }
}
