package com.gyroscops.payments.write.api;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_REDIS;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_SEARCH;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_SQL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
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
import com.gyroscops.payments.write.writethrough.SourceWaits;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.stub.StreamObserver;
import io.micronaut.context.RuntimeBeanDefinition;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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

  /** Longest wait: at the one server by a clock that the test moves, at the other for ever. */
  private static final Duration WAIT_MAX = Duration.ofMinutes(5);

  /** Of a call, and for what is to happen: far more than it takes. */
  private static final Duration ENOUGH = Duration.ofMinutes(1);

  /** Before a call's deadline, for the answer to reach the caller. */
  private static final Duration COMMAND_MARGIN = Duration.ofMillis(50);

  private static final Duration WAIT_COMMAND_MARGIN = Duration.ofMillis(200);

  private static final AtomicLong NANOS = new AtomicLong();

  private static HikariDataSource pool;
  private static TestServer server;
  private static TestServer other;
  private static long sessions;

  /** A request that was decided long ago. */
  private static String decided;

  private Keeper sql;
  private Keeper redis;

  @BeforeAll
  static void startServers() throws Exception {
    pool = TestDatabase.open();
    String waitMax = WAIT_MAX.toSeconds() + "s";
    server =
        new TestServer(
            pool.getJdbcUrl(),
            Map.of(
                "payments.write-rules.wait-max",
                waitMax,
                "payments.write-rules.rules",
                "deleted -> none; processed currency=JPY -> redis"),
            RuntimeBeanDefinition.builder(
                    SourceWaits.class, () -> new SourceWaits(100, NANOS::get, Runnable::run))
                .singleton(true)
                .replaces(SourceWaits.class)
                .build());
    other =
        new TestServer(
            pool.getJdbcUrl(),
            Map.of(
                "payments.write-rules.wait-max",
                waitMax,
                "payments.write-rules.default-strategy",
                "WRITE_THROUGH"));
    CreatePaymentRequest request = create(around());
    decided = request.getContext().getRequestId();
    get(send(server, request));
  }

  @AfterAll
  static void stopServers() {
    server.close();
    other.close();
    pool.close();
  }

  @BeforeEach
  void startKeepers() {
    sql = new Keeper(other, "sql", 1, ++sessions);
    redis = new Keeper(other, "redis", 1, ++sessions);
    // A source that was never heard of is not waited for.
    sql.awaitHeard(0, 0, 0);
    redis.awaitHeard(0, 0, 0);
  }

  @AfterEach
  void stopKeepers() {
    sql.close();
    redis.close();
    pass(WAIT_MAX);
    awaitWaiting(server, 0);
  }

  private static void pass(Duration time) {
    NANOS.addAndGet(time.toNanos());
  }

  private static void awaitWaiting(TestServer at, int count) {
    eventually(count + " wait", () -> at.bean(SourceWaits.class).count() == count);
  }

  /**
   * Who keeps a source: applies nothing, and says what the test wants it to say; again and again,
   * as real ones do, so that it is not taken for gone.
   */
  private static final class Keeper implements StreamObserver<SubscribeResponse>, AutoCloseable {

    private final String source;
    private final long session;
    private final StreamObserver<SubscribeRequest> requests;
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private volatile long head;
    private SubscribeAck said = SubscribeAck.getDefaultInstance();
    private boolean closed;

    Keeper(TestServer at, String source, long fence, long session) {
      this.source = source;
      this.session = session;
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

    /** It has been sent this event. */
    void sees(long position) {
      eventually(source + "'s keeper is sent the event", () -> head >= position);
    }

    /** All events so far are applied, and every server may know it. */
    void applies(long position) {
      sees(position);
      tells(position, position, 0);
    }

    /** Says it so that every server may know it. */
    void tells(long position, long visible, long parked) {
      says(position, visible, parked);
      awaitHeard(position, visible, parked);
    }

    synchronized void says(long position, long visible, long parked) {
      said =
          SubscribeAck.newBuilder()
              .setPosition(position)
              .setVisiblePosition(visible)
              .setParked(parked)
              .build();
      repeat();
    }

    private synchronized void repeat() {
      if (!closed) {
        requests.onNext(SubscribeRequest.newBuilder().setAck(said).build());
      }
    }

    void awaitHeard(long position, long visible, long parked) {
      awaitKept(
          "live and position = %d and visible_position = %d and parked = %d"
              .formatted(position, visible, parked));
    }

    void awaitHeardOfItsEnd() {
      awaitKept("not live");
    }

    private void awaitKept(String condition) {
      String query =
          "select exists (select from subscriber_progress where source = '%s' and session = %d and %s)"
              .formatted(source, session, condition);
      eventually(
          source + ": " + condition,
          () -> {
            try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
              row.next();
              return row.getBoolean(1);
            }
          });
    }

    @Override
    public void onNext(SubscribeResponse response) {
      head = response.getBatch().getHead();
      repeat();
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
    public synchronized void close() {
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

  private static <T> T get(CompletableFuture<T> answer) throws Exception {
    return answer.get(ENOUGH.toSeconds(), TimeUnit.SECONDS);
  }

  /** It waits, alone, and still does though the sources were looked at. */
  private static void assertWaits(TestServer at, CompletableFuture<?> answer) {
    eventually("it waits", () -> answer.isDone() || at.bean(SourceWaits.class).count() == 1);
    lookAtSources(at);
    assertThat(answer).isNotDone();
  }

  /**
   * Waits for what was asked for last, and is answered at the next look since search was never
   * heard of: a look answers all those who need not wait on, the first to come first. Twice, for
   * answers to different calls may pass each other on their way.
   */
  private static void lookAtSources(TestServer at) {
    for (int i = 0; i < 2; i++) {
      assertThat(states(waitedFor(at, ENOUGH, waiting(decided, READ_SOURCE_SEARCH))))
          .isEqualTo("SEARCH=UNKNOWN");
    }
  }

  private static CommandReceipt waitedFor(
      TestServer at, Duration deadline, WaitCommandRequest request) {
    WaitCommandResponse response =
        at.commands()
            .withDeadlineAfter(deadline.toSeconds(), TimeUnit.SECONDS)
            .waitCommand(request);
    assertThat(response.getState()).isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
    return response.getOutcome().getSuccess().getReceipt();
  }

  @Test
  void aCommandIsAnsweredAsSoonAsAllItsSourcesHaveAppliedItsEvent() throws Exception {
    long event = next();
    var answer = send(server, create(through(READ_SOURCE_REDIS, READ_SOURCE_SQL)));
    sql.applies(event);
    assertWaits(server, answer);
    redis.applies(event);
    CommandReceipt receipt = get(answer);
    assertThat(position(receipt)).isEqualTo(event);
    assertThat(states(receipt)).isEqualTo("SQL=APPLIED REDIS=APPLIED");
  }

  @Test
  void whatIsAppliedButNotVisibleOrSetAsideIsPending() throws Exception {
    long event = next();
    var answer = send(server, create(through(READ_SOURCE_SQL)));
    sql.applies(event - 1);
    assertWaits(server, answer);
    sql.says(event - 1, event - 1, 1);
    assertThat(states(get(answer))).isEqualTo("SQL=PENDING");
    var another = send(server, create(through(READ_SOURCE_REDIS)));
    redis.sees(event + 1);
    redis.tells(event + 1, event, 0);
    assertWaits(server, another);
    pass(WAIT_MAX);
    assertThat(states(get(another))).isEqualTo("REDIS=PENDING");
  }

  @Test
  void whenTheTimeIsUpTheAnswerTellsWhichSourcesAreMissingAndTheEventStands() throws Exception {
    long event = next();
    CreatePaymentRequest request =
        create(through(READ_SOURCE_SEARCH, READ_SOURCE_SQL, READ_SOURCE_REDIS));
    var answer = send(server, request);
    sql.applies(event);
    redis.close();
    redis.awaitHeardOfItsEnd();
    assertWaits(server, answer);
    pass(WAIT_MAX.minusNanos(1));
    assertWaits(server, answer);
    pass(Duration.ofNanos(1));
    assertThat(states(get(answer))).isEqualTo("SQL=APPLIED REDIS=UNKNOWN SEARCH=UNKNOWN");
    assertThat(next()).isEqualTo(event + 1);
  }

  @Test
  void theAnswerComesBeforeTheCallsDeadline() throws Exception {
    CompletableFuture<CommandReceipt> answer =
        CompletableFuture.supplyAsync(() ->
            server
                .commands()
                .withDeadlineAfter(ENOUGH.toSeconds(), TimeUnit.SECONDS)
                .createPayment(create(through(READ_SOURCE_SQL)))
                .getReceipt());
    assertWaits(server, answer);
    pass(Duration.ofSeconds(1));
    assertWaits(server, answer);
    pass(ENOUGH.minusSeconds(1).minus(COMMAND_MARGIN));
    assertThat(states(get(answer))).isEqualTo("SQL=PENDING");
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
    long event = position(get(send(server, request)));
    assertThatThrownBy(
            () -> server.commands().waitCommand(waiting(requestId, ReadSource.READ_SOURCE_MEMORY)))
        .hasMessageContaining("required_sources");

    CompletableFuture<CommandReceipt> answer = waitingFor(requestId, READ_SOURCE_SQL);
    assertWaits(server, answer);
    sql.applies(event);
    assertThat(states(get(answer))).isEqualTo("SQL=APPLIED");
    // The time over, the command stands, and the answer tells what is behind.
    CompletableFuture<CommandReceipt> inTime = waitingFor(requestId, READ_SOURCE_REDIS);
    assertWaits(server, inTime);
    pass(Duration.ofSeconds(1));
    assertWaits(server, inTime);
    pass(ENOUGH.minusSeconds(1).minus(WAIT_COMMAND_MARGIN));
    assertThat(states(get(inTime))).isEqualTo("REDIS=PENDING");
    assertThat(states(waitedFor(server, ENOUGH, waiting(requestId)))).isEmpty();
  }

  private static CompletableFuture<CommandReceipt> waitingFor(
      String requestId, ReadSource... sources) {
    return CompletableFuture.supplyAsync(
        () -> waitedFor(server, ENOUGH, waiting(requestId, sources)));
  }

  @Test
  void aRepetitionWaitsForTheOriginalsEventWhateverItsStrategyWas() throws Exception {
    CreatePaymentRequest around = create(around());
    long event = position(get(send(server, around)));
    CreatePaymentRequest again =
        around.toBuilder()
            .setContext(
                around.getContext().toBuilder()
                    .setWriteStrategy(WriteStrategy.WRITE_STRATEGY_WRITE_THROUGH)
                    .addRequiredSources(READ_SOURCE_REDIS))
            .build();
    var answer = send(server, again);
    assertWaits(server, answer);
    redis.applies(event);
    CommandReceipt receipt = get(answer);
    assertThat(receipt.getReplayed()).isTrue();
    assertThat(position(receipt)).isEqualTo(event);
    assertThat(states(receipt)).isEqualTo("REDIS=APPLIED");
    // It still is, long after; not so once its keeper has found it further back.
    assertThat(states(get(send(server, again)))).isEqualTo("REDIS=APPLIED");
    try (Keeper rebuilding = new Keeper(server, "redis", 1, ++sessions)) {
      rebuilding.tells(0, 0, 0);
      assertStaysPending(again);
      // The keeper before it, which has not noticed, changes nothing.
      redis.says(event, event, 0);
      awaitWrittenAt(event);
      assertStaysPending(again);
      assertThat(rebuilding.failure).isNotDone();
    }
  }

  private static void assertStaysPending(CreatePaymentRequest request) throws Exception {
    var answer = send(server, request);
    assertWaits(server, answer);
    pass(WAIT_MAX);
    assertThat(states(get(answer))).isEqualTo("REDIS=PENDING");
  }

  /** What is said to the other server is written all at once: also what was said before this. */
  private void awaitWrittenAt(long event) {
    sql.sees(event);
    sql.tells(event - 1, event - 1, 0);
    sql.tells(event, event, 0);
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
    StreamCommandsResponse first = outcomes.poll(ENOUGH.toSeconds(), TimeUnit.SECONDS);
    assertThat(first).isNotNull();
    assertThat(first.getSequence()).isEqualTo(2);
    assertThat(first.getOutcome().getSuccess().getPayment().getVersion()).isEqualTo(2);
    awaitWaiting(server, 1);
    lookAtSources(server);
    assertThat(outcomes).isEmpty();
    sql.applies(event);
    StreamCommandsResponse second = outcomes.poll(ENOUGH.toSeconds(), TimeUnit.SECONDS);
    assertThat(second).isNotNull();
    assertThat(second.getSequence()).isEqualTo(1);
    assertThat(states(second.getOutcome().getSuccess().getReceipt())).isEqualTo("SQL=APPLIED");
    assertThat(get(end)).isEqualTo("well");
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
    get(answer)
        .forEachRemaining(outcome ->
            assertThat(states(outcome.getSuccess().getReceipt())).isEqualTo("SQL=APPLIED"));
  }

  @Test
  void whereNothingIsToBeWaitedForTheAnswerTellsOfNoSource() throws Exception {
    CommandReceipt validated =
        get(send(server, create(through(READ_SOURCE_SQL).setValidateOnly(true))));
    assertThat(validated.getSourcesList()).isEmpty();
    CreatePaymentRequest created = create(around());
    assertThat(get(send(server, created)).getSourcesList()).isEmpty();
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
    sql.applies(position(get(send(server, create(around(), id, "JPY")))));
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
    assertThat(states(get(processed))).isEqualTo("REDIS=APPLIED");

    // The other server's default is WRITE_THROUGH, to sql.
    var byDefault = send(other, create(around()));
    assertWaits(other, byDefault);
    sql.applies(event + 1);
    assertThat(states(get(byDefault))).isEqualTo("SQL=APPLIED");
  }

  @Test
  void aKeeperThatClaimsWhatItHasNotAppliedIsRefused() throws Exception {
    sql.applies(next() - 1);
    sql.says(1, 2, 0);
    ApiError error = ApiError.from(get(sql.failure)).orElseThrow();
    assertThat(error.reason()).isEqualTo("FIELD_INVALID");
    assertThat(error.violations().getFirst().field()).isEqualTo("ack.visible_position");
  }

  @Test
  void whatIsWaitedForIsMetered() throws Exception {
    long event = next();
    var answer = send(other, create(through(READ_SOURCE_SQL)));
    sql.applies(event);
    get(answer);
    String metrics =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + other.httpPort() + "/prometheus"))
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
