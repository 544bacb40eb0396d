package com.gyroscops.payments.write.api;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_REDIS;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_SEARCH;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_SQL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.internal.v1.EventBatch;
import com.gyroscops.payments.internal.v1.SubscribeAck;
import com.gyroscops.payments.internal.v1.SubscribeRequest;
import com.gyroscops.payments.internal.v1.SubscribeResponse;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandOutcome;
import com.gyroscops.payments.v1.CommandReceipt;
import com.gyroscops.payments.v1.CommandState;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.CreatePaymentResponse;
import com.gyroscops.payments.v1.DeletePaymentRequest;
import com.gyroscops.payments.v1.ExecuteBatchRequest;
import com.gyroscops.payments.v1.GetCommandRequest;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.StreamCommandsRequest;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import com.gyroscops.payments.v1.WaitCommandRequest;
import com.gyroscops.payments.v1.WaitCommandResponse;
import com.gyroscops.payments.v1.WriteStrategy;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * WRITE_THROUGH on two real servers with one real database: commands go to one, the keepers of sql
 * and redis, which say what the test wants, subscribe at the other.
 */
class WriteThroughTest {

  private static final Duration WAIT_MAX = Duration.ofSeconds(2);

  /** Within this nothing comes that is waited for; far above what an answer takes. */
  private static final Duration QUIET = Duration.ofMillis(300);

  private static HikariDataSource pool;
  private static TestServer server;
  private static TestServer other;
  private static long sessions;

  private Keeper sql;
  private Keeper redis;

  @BeforeAll
  static void startServers() {
    pool = TestDatabase.open();
    server =
        new TestServer(
            pool.getJdbcUrl(),
            Map.of(
                "payments.write-rules.wait-max",
                WAIT_MAX.toMillis() + "ms",
                "payments.write-rules.rules",
                "deleted -> none; processed currency=JPY -> redis"));
    other =
        new TestServer(
            pool.getJdbcUrl(), Map.of("payments.write-rules.default-strategy", "WRITE_THROUGH"));
  }

  @AfterAll
  static void stopServers() {
    server.close();
    other.close();
    pool.close();
  }

  @BeforeEach
  void startKeepers() throws Exception {
    sql = new Keeper(other, "sql", 1, ++sessions);
    redis = new Keeper(other, "redis", 1, ++sessions);
    awaitHeardOf();
  }

  /** A source that was never heard of is not waited for. */
  private static void awaitHeardOf() throws Exception {
    try (Connection connection = pool.getConnection();
        PreparedStatement heard =
            connection.prepareStatement(
                "select count(distinct source) from subscriber_progress"
                    + " where source in ('sql', 'redis')")) {
      eventually(
          "the keepers are heard of",
          () -> {
            try (ResultSet row = heard.executeQuery()) {
              row.next();
              return row.getInt(1) == 2;
            }
          });
    }
  }

  @AfterEach
  void stopKeepers() {
    sql.close();
    redis.close();
  }

  /** Who keeps a source: applies nothing, and says what the test wants it to say. */
  private static final class Keeper implements StreamObserver<SubscribeResponse>, AutoCloseable {

    private final StreamObserver<SubscribeRequest> requests;
    private final BlockingQueue<EventBatch> batches = new LinkedBlockingQueue<>();
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private long head;
    private boolean closed;

    Keeper(TestServer at, String source, long fence, long session) {
      requests = at.asyncFeed().subscribe(this);
      requests.onNext(
          SubscribeRequest.newBuilder()
              .setStart(
                  SubscribeStart.newBuilder()
                      .setSource(source)
                      .setSubscriber("keeper")
                      .setAtHead(true)
                      .setFence(fence)
                      .setSession(session))
              .build());
    }

    /** All events so far are applied; it has seen at least this one. */
    void applies(long position) throws InterruptedException {
      while (head < position) {
        EventBatch batch =
            Objects.requireNonNull(batches.poll(20, TimeUnit.SECONDS), "no batch came");
        head = batch.getHead();
      }
      says(position, position, 0);
    }

    void says(long position, long visible, long parked) {
      requests.onNext(
          SubscribeRequest.newBuilder()
              .setAck(
                  SubscribeAck.newBuilder()
                      .setPosition(position)
                      .setVisiblePosition(visible)
                      .setParked(parked))
              .build());
    }

    @Override
    public void onNext(SubscribeResponse response) {
      batches.add(response.getBatch());
    }

    @Override
    public void onError(Throwable error) {
      failure.complete(error);
    }

    @Override
    public void onCompleted() {
      failure.complete(new AssertionError("completed"));
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        requests.onCompleted();
      }
    }
  }

  private static CommandContext.Builder through(ReadSource... sources) {
    return CommandContext.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setWriteStrategy(WriteStrategy.WRITE_STRATEGY_WRITE_THROUGH)
        .addAllRequiredSources(Arrays.asList(sources));
  }

  private static CommandContext.Builder around() {
    return CommandContext.newBuilder().setRequestId(UUID.randomUUID().toString());
  }

  private static CreatePaymentRequest create(CommandContext.Builder context) {
    return create(context, UUID.randomUUID().toString(), "EUR");
  }

  private static CreatePaymentRequest create(
      CommandContext.Builder context, String paymentId, String currency) {
    return CreatePaymentRequest.newBuilder()
        .setContext(context)
        .setOrganizationId("acme")
        .setPaymentId(paymentId)
        .setAmount(Amount.newBuilder().setMinorUnits(100).setCurrencyCode(currency))
        .build();
  }

  private static CompletableFuture<CommandReceipt> send(
      TestServer to, CreatePaymentRequest request) {
    CompletableFuture<CommandReceipt> answer = new CompletableFuture<>();
    to.asyncCommands()
        .createPayment(
            request,
            new StreamObserver<>() {
              @Override
              public void onNext(CreatePaymentResponse response) {
                answer.complete(response.getReceipt());
              }

              @Override
              public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {}
            });
    return answer;
  }

  private static long position(CommandReceipt receipt) {
    return ConsistencyTokens.decode(receipt.getConsistencyToken()).orElseThrow().getPosition();
  }

  /** Where the log will stand after one more command: nobody else writes to it. */
  private static long next() {
    return other
            .feed()
            .getHead(com.gyroscops.payments.internal.v1.GetHeadRequest.getDefaultInstance())
            .getPosition()
        + 1;
  }

  private static String states(CommandReceipt receipt) {
    return receipt.getSourcesList().stream()
        .map(it ->
            it.getSource().name().substring("READ_SOURCE_".length())
                + "="
                + it.getState().name().substring("SOURCE_PROGRESS_STATE_".length()))
        .collect(Collectors.joining(" "));
  }

  private static <T> void assertWaits(CompletableFuture<T> answer)
      throws ExecutionException, InterruptedException {
    try {
      throw new AssertionError("answered: " + answer.get(QUIET.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException expected) {
      assertThat(answer).isNotDone();
    }
  }

  @Test
  void aCommandIsAnsweredAsSoonAsAllItsSourcesHaveAppliedItsEvent() throws Exception {
    long event = next();
    var answer = send(server, create(through(READ_SOURCE_REDIS, READ_SOURCE_SQL)));
    sql.applies(event);
    assertWaits(answer);
    long start = System.nanoTime();
    redis.applies(event);
    CommandReceipt receipt = answer.get(20, TimeUnit.SECONDS);
    assertThat(position(receipt)).isEqualTo(event);
    assertThat(states(receipt)).isEqualTo("SQL=APPLIED REDIS=APPLIED");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(WAIT_MAX.minus(QUIET));
  }

  @Test
  void whatIsAppliedButNotVisibleOrSetAsideIsPending() throws Exception {
    long event = next();
    var answer = send(server, create(through(READ_SOURCE_SQL)));
    sql.applies(event - 1);
    assertWaits(answer);
    sql.says(event - 1, event - 1, 1);
    assertThat(states(answer.get(20, TimeUnit.SECONDS))).isEqualTo("SQL=PENDING");
    var another = send(server, create(through(READ_SOURCE_REDIS)));
    redis.applies(event);
    redis.says(event, event - 1, 0);
    assertWaits(another);
    assertThat(states(another.get(20, TimeUnit.SECONDS))).isEqualTo("REDIS=PENDING");
  }

  @Test
  void whenTheTimeIsUpTheAnswerTellsWhichSourcesAreMissingAndTheEventStands() throws Exception {
    long event = next();
    long start = System.nanoTime();
    CreatePaymentRequest request =
        create(through(READ_SOURCE_SEARCH, READ_SOURCE_SQL, READ_SOURCE_REDIS));
    var answer = send(server, request);
    sql.applies(event);
    redis.close();
    assertThat(states(answer.get(20, TimeUnit.SECONDS)))
        .isEqualTo("SQL=APPLIED REDIS=UNKNOWN SEARCH=UNKNOWN");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(WAIT_MAX);
    assertThat(next()).isEqualTo(event + 1);
  }

  @Test
  void theAnswerComesBeforeTheCallsDeadline() {
    long start = System.nanoTime();
    var response =
        server
            .commands()
            .withDeadlineAfter(1, TimeUnit.SECONDS)
            .createPayment(create(through(READ_SOURCE_SQL)));
    assertThat(states(response.getReceipt())).isEqualTo("SQL=PENDING");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(QUIET, WAIT_MAX);
  }

  private static WaitCommandRequest waiting(String requestId, ReadSource... sources) {
    return WaitCommandRequest.newBuilder()
        .setOrganizationId("acme")
        .setRequestId(requestId)
        .addAllRequiredSources(Arrays.asList(sources))
        .build();
  }

  @Test
  void whoeverWaitsForACommandMayWaitForSourcesToo() throws Exception {
    CreatePaymentRequest request = create(around());
    String requestId = request.getContext().getRequestId();
    long event = position(send(server, request).get(20, TimeUnit.SECONDS));
    assertThatThrownBy(
            () -> server.commands().waitCommand(waiting(requestId, ReadSource.READ_SOURCE_MEMORY)))
        .hasMessageContaining("required_sources");

    CompletableFuture<WaitCommandResponse> answer =
        CompletableFuture.supplyAsync(() ->
            server
                .commands()
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .waitCommand(waiting(requestId, READ_SOURCE_SQL)));
    assertWaits(answer);
    sql.applies(event);
    assertThat(states(answer.get(20, TimeUnit.SECONDS).getOutcome().getSuccess().getReceipt()))
        .isEqualTo("SQL=APPLIED");
    // The time over, the command stands, and the answer tells what is behind.
    WaitCommandResponse inTime =
        server
            .commands()
            .withDeadlineAfter(1, TimeUnit.SECONDS)
            .waitCommand(waiting(requestId, READ_SOURCE_REDIS));
    assertThat(inTime.getState()).isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
    assertThat(states(inTime.getOutcome().getSuccess().getReceipt())).isEqualTo("REDIS=PENDING");
    assertThat(
            states(
                server
                    .commands()
                    .waitCommand(waiting(requestId))
                    .getOutcome()
                    .getSuccess()
                    .getReceipt()))
        .isEmpty();
  }

  @Test
  void aRepetitionWaitsForTheOriginalsEventWhateverItsStrategyWas() throws Exception {
    CreatePaymentRequest around = create(around());
    long event = position(send(server, around).get(20, TimeUnit.SECONDS));
    CreatePaymentRequest again =
        around.toBuilder()
            .setContext(
                around.getContext().toBuilder()
                    .setWriteStrategy(WriteStrategy.WRITE_STRATEGY_WRITE_THROUGH)
                    .addRequiredSources(READ_SOURCE_REDIS))
            .build();
    var answer = send(server, again);
    assertWaits(answer);
    redis.applies(event);
    CommandReceipt receipt = answer.get(20, TimeUnit.SECONDS);
    assertThat(receipt.getReplayed()).isTrue();
    assertThat(position(receipt)).isEqualTo(event);
    assertThat(states(receipt)).isEqualTo("REDIS=APPLIED");
    // It still is, long after; not so once its keeper has found it further back.
    assertThat(states(send(server, again).get(20, TimeUnit.SECONDS))).isEqualTo("REDIS=APPLIED");
    try (Keeper rebuilding = new Keeper(server, "redis", 1, ++sessions)) {
      rebuilding.says(0, 0, 0);
      // Time for its words to go where they must not.
      Thread.sleep(QUIET);
      assertThat(states(send(server, again).get(20, TimeUnit.SECONDS))).isEqualTo("REDIS=PENDING");
      // The keeper before it, which has not noticed, changes nothing.
      redis.applies(event);
      assertThat(states(send(server, again).get(20, TimeUnit.SECONDS))).isEqualTo("REDIS=PENDING");
      assertThat(rebuilding.failure).isNotDone();
    }
  }

  @Test
  void aStreamGoesOnWhileOneOfItsCommandsWaits() throws Exception {
    BlockingQueue<StreamCommandsResponse> outcomes = new LinkedBlockingQueue<>();
    CompletableFuture<String> end = new CompletableFuture<>();
    StreamObserver<StreamCommandsRequest> stream =
        server
            .asyncCommands()
            .streamCommands(
                new StreamObserver<>() {
                  @Override
                  public void onNext(StreamCommandsResponse response) {
                    outcomes.add(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    end.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    end.complete("well");
                  }
                });
    long event = next();
    String id = UUID.randomUUID().toString();
    stream.onNext(
        StreamCommandsRequest.newBuilder()
            .setSequence(1)
            .setCommand(Command.newBuilder().setCreate(create(through(READ_SOURCE_SQL), id, "EUR")))
            .build());
    stream.onNext(
        StreamCommandsRequest.newBuilder()
            .setSequence(2)
            .setCommand(
                Command.newBuilder()
                    .setProcess(
                        ProcessPaymentRequest.newBuilder()
                            .setContext(around())
                            .setOrganizationId("acme")
                            .setPaymentId(id)))
            .build());
    stream.onCompleted();
    StreamCommandsResponse first = outcomes.poll(20, TimeUnit.SECONDS);
    assertThat(first).isNotNull();
    assertThat(first.getSequence()).isEqualTo(2);
    assertThat(first.getOutcome().getSuccess().getPayment().getVersion()).isEqualTo(2);
    assertThat(outcomes.poll(QUIET.toMillis(), TimeUnit.MILLISECONDS)).isNull();
    sql.applies(event);
    StreamCommandsResponse second = outcomes.poll(20, TimeUnit.SECONDS);
    assertThat(second).isNotNull();
    assertThat(second.getSequence()).isEqualTo(1);
    assertThat(states(second.getOutcome().getSuccess().getReceipt())).isEqualTo("SQL=APPLIED");
    assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo("well");
  }

  @Test
  void theCommandsOfABatchWaitBesideOneAnother() throws Exception {
    long first = next();
    int count = 20;
    ExecuteBatchRequest.Builder batch = ExecuteBatchRequest.newBuilder();
    for (int i = 0; i < count; i++) {
      batch.addCommands(Command.newBuilder().setCreate(create(through(READ_SOURCE_SQL))));
    }
    CompletableFuture<Iterator<CommandOutcome>> answer =
        CompletableFuture.supplyAsync(
            () -> server.commands().executeBatch(batch.build()).getOutcomesList().iterator());
    sql.applies(first + count - 1);
    answer
        .get(20, TimeUnit.SECONDS)
        .forEachRemaining(outcome ->
            assertThat(states(outcome.getSuccess().getReceipt())).isEqualTo("SQL=APPLIED"));
  }

  @Test
  void whereNothingIsToBeWaitedForTheAnswerTellsOfNoSource() throws Exception {
    CommandReceipt validated =
        send(server, create(through(READ_SOURCE_SQL).setValidateOnly(true)))
            .get(20, TimeUnit.SECONDS);
    assertThat(validated.getSourcesList()).isEmpty();
    CreatePaymentRequest created = create(around());
    assertThat(send(server, created).get(20, TimeUnit.SECONDS).getSourcesList()).isEmpty();
    // A rule: deleted -> none.
    var deleted =
        server
            .commands()
            .deletePayment(
                DeletePaymentRequest.newBuilder()
                    .setContext(through())
                    .setOrganizationId("acme")
                    .setPaymentId(created.getPaymentId())
                    .build());
    assertThat(deleted.getReceipt().getSourcesList()).isEmpty();
    var known =
        server
            .commands()
            .getCommand(
                GetCommandRequest.newBuilder()
                    .setOrganizationId("acme")
                    .setRequestId(created.getContext().getRequestId())
                    .build());
    assertThat(known.getOutcome().getSuccess().getReceipt().getSourcesList()).isEmpty();
  }

  @Test
  void rulesSayWhatIsWaitedForWhereTheCommandDoesNot() throws Exception {
    String id = UUID.randomUUID().toString();
    sql.applies(position(send(server, create(around(), id, "JPY")).get(20, TimeUnit.SECONDS)));
    long event = next();
    CompletableFuture<CommandReceipt> processed =
        CompletableFuture.supplyAsync(() ->
            server
                .commands()
                .processPayment(
                    ProcessPaymentRequest.newBuilder()
                        .setContext(through())
                        .setOrganizationId("acme")
                        .setPaymentId(id)
                        .build())
                .getReceipt());
    redis.applies(event);
    assertThat(states(processed.get(20, TimeUnit.SECONDS))).isEqualTo("REDIS=APPLIED");

    // The other server's default is WRITE_THROUGH, to sql.
    var byDefault = send(other, create(around()));
    assertWaits(byDefault);
    sql.applies(event + 1);
    assertThat(states(byDefault.get(20, TimeUnit.SECONDS))).isEqualTo("SQL=APPLIED");
  }

  @Test
  void aKeeperThatClaimsWhatItHasNotAppliedIsRefused() throws Exception {
    sql.applies(next() - 1);
    sql.says(1, 2, 0);
    ApiError error = ApiError.from(sql.failure.get(20, TimeUnit.SECONDS)).orElseThrow();
    assertThat(error.reason()).isEqualTo("FIELD_INVALID");
    assertThat(error.violations().getFirst().field()).isEqualTo("ack.visible_position");
  }

  @Test
  void whatIsWaitedForIsMetered() throws Exception {
    long event = next();
    var answer = send(server, create(through(READ_SOURCE_SQL)));
    sql.applies(event);
    answer.get(20, TimeUnit.SECONDS);
    String metrics =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.httpPort() + "/prometheus"))
                    .build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    assertThat(metrics)
        .contains(
            "payments_write_through_waiting 0",
            "payments_write_through_wait_seconds_count{outcome=\"applied\"",
            "payments_write_through_sources_total{source=\"sql\",state=\"APPLIED\"");
  }

  @Test
  void onlySharedSourcesCanBeRequired() {
    for (ReadSource source :
        List.of(
            ReadSource.READ_SOURCE_LOG,
            ReadSource.READ_SOURCE_MEMORY,
            ReadSource.READ_SOURCE_UNSPECIFIED)) {
      assertRefused(create(through(READ_SOURCE_SQL, source)));
    }
    assertRefused(create(through().addRequiredSourcesValue(99)));
    assertRefused(create(around().addRequiredSources(READ_SOURCE_SQL)));
    assertRefused(
        create(
            around()
                .setWriteStrategy(WriteStrategy.WRITE_STRATEGY_WRITE_AROUND)
                .addRequiredSources(READ_SOURCE_SQL)));
  }

  private static void assertRefused(CreatePaymentRequest request) {
    var failed = send(server, request).handle((_, failure) -> failure).join();
    ApiError error = ApiError.from(failed).orElseThrow();
    assertThat(error.reason()).isEqualTo("FIELD_INVALID");
    assertThat(error.violations())
        .extracting(ApiError.FieldViolation::field)
        .containsOnly("context.required_sources");
  }
}
