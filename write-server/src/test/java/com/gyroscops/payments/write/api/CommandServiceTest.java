package com.gyroscops.payments.write.api;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.FieldMask;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnknownFieldSet;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.internal.v1.GetHeadRequest;
import com.gyroscops.payments.internal.v1.ReadPaymentRequest;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandOutcome;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CommandState;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.CreatePaymentResponse;
import com.gyroscops.payments.v1.ExecuteBatchRequest;
import com.gyroscops.payments.v1.GetCommandRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.RefundPersonalData;
import com.gyroscops.payments.v1.StreamCommandsRequest;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import com.gyroscops.payments.v1.UpdatePaymentRequest;
import com.gyroscops.payments.write.app.DrainNotice;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.Channel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import io.micronaut.context.RuntimeBeanDefinition;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** CommandService as a client sees it, on a real server and a real database. */
class CommandServiceTest {

  private static HikariDataSource pool;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    pool = TestDatabase.open();
    server = new TestServer(pool.getJdbcUrl(), Map.of());
    var health = HealthGrpc.newBlockingStub(server.commandChannel());
    eventually(
        "it serves",
        () ->
            health.check(HealthCheckRequest.getDefaultInstance()).getStatus()
                == ServingStatus.SERVING);
  }

  @AfterAll
  static void stop() {
    server.close();
    pool.close();
  }

  private static CreatePaymentRequest.Builder create(String paymentId) {
    return CreatePaymentRequest.newBuilder()
        .setContext(Requests.context())
        .setOrganizationId("acme")
        .setPaymentId(paymentId)
        .setAmount(Amount.newBuilder().setMinorUnits(1_000).setCurrencyCode("EUR"));
  }

  private static ProcessPaymentRequest.Builder process(String paymentId) {
    return ProcessPaymentRequest.newBuilder()
        .setContext(Requests.context())
        .setOrganizationId("acme")
        .setPaymentId(paymentId);
  }

  @Test
  void aPaymentGoesThroughItsLife() {
    var commands = server.commands();
    String id = UUID.randomUUID().toString();
    var created =
        commands.createPayment(
            create(id)
                .setContext(
                    Requests.context()
                        .setCorrelationId("order-1")
                        .setEffectiveTime(Timestamp.newBuilder().setSeconds(1_000).setNanos(1_999)))
                .setPersonalData(
                    PersonalData.newBuilder()
                        .setUserId("user-1")
                        .setDescription("a lamp")
                        .putMetadata("shop", "7"))
                .setMerchantReference("order 1")
                .build());
    assertThat(created.getPayment().getStatus()).isEqualTo(PaymentStatus.PAYMENT_STATUS_PROCESSING);
    assertThat(created.getPayment().getEffectiveTime())
        .isEqualTo(Timestamp.newBuilder().setSeconds(1_000).setNanos(1_000).build());
    assertThat(created.getPayment().getCreateTime().getSeconds()).isGreaterThan(1_600_000_000);
    assertThat(created.getPayment().getCorrelationId()).isEqualTo("order-1");

    var updated =
        commands.updatePayment(
            UpdatePaymentRequest.newBuilder()
                .setContext(Requests.context().setExpectedVersion(1))
                .setOrganizationId("acme")
                .setPaymentId(id)
                .setPayment(
                    Payment.newBuilder()
                        .setMerchantReference("ignored")
                        .setPersonalData(PersonalData.newBuilder().setDescription("two lamps")))
                .setUpdateMask(FieldMask.newBuilder().addPaths("personal_data.description"))
                .build());
    assertThat(updated.getPayment().getMerchantReference()).isEqualTo("order 1");
    assertThat(updated.getPayment().getPersonalData())
        .isEqualTo(
            created.getPayment().getPersonalData().toBuilder().setDescription("two lamps").build());

    var processed = commands.processPayment(process(id).build());
    assertThat(processed.getPayment().getCapturedAmount().getMinorUnits()).isEqualTo(1_000);

    var refunded =
        commands.refundPayment(
            RefundPaymentRequest.newBuilder()
                .setContext(Requests.context())
                .setOrganizationId("acme")
                .setPaymentId(id)
                .setAmount(Amount.newBuilder().setMinorUnits(300).setCurrencyCode("EUR"))
                .setPersonalData(RefundPersonalData.newBuilder().setReason("one broken"))
                .build());
    Payment payment = refunded.getPayment();
    assertThat(payment.getStatus()).isEqualTo(PaymentStatus.PAYMENT_STATUS_PARTIALLY_REFUNDED);
    assertThat(payment.getRefundedAmount().getMinorUnits()).isEqualTo(300);
    assertThat(payment.getRecentRefunds(0).getRefundId()).hasSize(36);
    assertThat(payment.getVersion()).isEqualTo(4);

    var token = ConsistencyTokens.decode(refunded.getReceipt().getConsistencyToken()).orElseThrow();
    var head = server.feed().getHead(GetHeadRequest.getDefaultInstance());
    assertThat(token.getPosition()).isLessThanOrEqualTo(head.getPosition()).isGreaterThan(3);
    assertThat(token.getEpoch()).isEqualTo(head.getEpoch());
    assertThat(
            server
                .feed()
                .readPayment(
                    ReadPaymentRequest.newBuilder()
                        .setOrganizationId("acme")
                        .setPaymentId(id)
                        .build())
                .getPayment())
        .isEqualTo(payment);
  }

  @Test
  void aPaymentWithoutIdGetsAUuidThatFollowsFromItsRequest() {
    CreatePaymentRequest request = create("").build();
    var created = server.commands().createPayment(request);
    UUID id = UUID.fromString(created.getPayment().getPaymentId());
    assertThat(id).isEqualTo(Keys.chosen("acme", request.getContext().getRequestId()));
    assertThat(id.version()).isEqualTo(8);
    assertThat(id.variant()).isEqualTo(2);
    var again = server.commands().createPayment(request);
    assertThat(again.getReceipt().getReplayed()).isTrue();
    assertThat(again.getPayment()).isEqualTo(created.getPayment());
  }

  @Test
  void aLostAnswerIsFoundByItsRequestId() {
    CreatePaymentRequest request = create(UUID.randomUUID().toString()).build();
    var created = server.commands().createPayment(request);
    var found =
        server
            .commands()
            .getCommand(
                GetCommandRequest.newBuilder()
                    .setOrganizationId("acme")
                    .setRequestId(request.getContext().getRequestId())
                    .build());
    assertThat(found.getState()).isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
    assertThat(found.getOutcome().getSuccess().getPayment()).isEqualTo(created.getPayment());
    assertThat(found.getOutcome().getSuccess().getReceipt().getConsistencyToken())
        .isEqualTo(created.getReceipt().getConsistencyToken());

    ProcessPaymentRequest refused = process("nobody").build();
    assertThat(
            catchThrowableOfType(
                StatusRuntimeException.class, () -> server.commands().processPayment(refused)))
        .isNotNull();
    var stored =
        server
            .commands()
            .getCommand(
                GetCommandRequest.newBuilder()
                    .setOrganizationId("acme")
                    .setRequestId(refused.getContext().getRequestId())
                    .build());
    assertThat(stored.getState()).isEqualTo(CommandState.COMMAND_STATE_REJECTED);
    assertThat(stored.getOutcome().getError().getReason()).isEqualTo("PAYMENT_NOT_FOUND");
  }

  @Test
  void aBatchAnswersEachCommandInOrderAndDecidesOnePaymentsInOrder() {
    String id = UUID.randomUUID().toString();
    var response =
        server
            .commands()
            .executeBatch(
                ExecuteBatchRequest.newBuilder()
                    .addCommands(Command.newBuilder().setCreate(create(id)))
                    .addCommands(Command.newBuilder().setProcess(process("nobody")))
                    .addCommands(Command.newBuilder().setCreate(create("a b")))
                    .addCommands(Command.newBuilder().setProcess(process(id)))
                    .addCommands(Command.getDefaultInstance())
                    // A kind of a later contract.
                    .addCommands(
                        Command.newBuilder()
                            .setUnknownFields(
                                UnknownFieldSet.newBuilder()
                                    .addField(
                                        7, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                                    .build()))
                    .build());
    List<CommandOutcome> outcomes = response.getOutcomesList();
    assertThat(outcomes.get(0).getSuccess().getPayment().getVersion()).isEqualTo(1);
    assertThat(outcomes.get(1).getError().getReason()).isEqualTo("PAYMENT_NOT_FOUND");
    assertThat(outcomes.get(2).getError().getViolations(0).getField())
        .isEqualTo("create.payment_id");
    assertThat(outcomes.get(3).getSuccess().getPayment().getVersion()).isEqualTo(2);
    assertThat(outcomes.get(4).getError().getViolations(0).getField()).isEqualTo("command");
    assertThat(outcomes.get(5).getError().getViolations(0).getField()).isEqualTo("7");
  }

  @Test
  void aStreamAnswersEveryCommandOnceAndKeepsAPaymentsOrder() throws Exception {
    int payments = 3_000;
    Queue<StreamCommandsResponse> answers = new ConcurrentLinkedQueue<>();
    CountDownLatch ended = new CountDownLatch(1);
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    StreamObserver<StreamCommandsRequest> requests =
        server.asyncCommands().streamCommands(collecting(answers, ended, failure));
    String run = UUID.randomUUID().toString().substring(0, 8);
    for (int i = 0; i < payments; i++) {
      requests.onNext(
          StreamCommandsRequest.newBuilder()
              .setSequence(2L * i)
              .setCommand(Command.newBuilder().setCreate(create(run + i)))
              .build());
      requests.onNext(
          StreamCommandsRequest.newBuilder()
              .setSequence(2L * i + 1)
              .setCommand(Command.newBuilder().setProcess(process(run + i)))
              .build());
    }
    requests.onCompleted();
    assertThat(ended.await(180, TimeUnit.SECONDS)).isTrue();
    assertThat(failure.get()).isNull();
    assertThat(answers.stream().map(StreamCommandsResponse::getSequence).distinct())
        .hasSize(2 * payments);
    assertThat(answers)
        .allSatisfy(answer ->
            assertThat(answer.getOutcome().getSuccess().getPayment().getVersion())
                .isEqualTo(answer.getSequence() % 2 + 1));
  }

  @Test
  void theTraceOfACallIsKeptInItsEvent() {
    String id = UUID.randomUUID().toString();
    String traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    var headers = new io.grpc.Metadata();
    headers.put(
        io.grpc.Metadata.Key.of("traceparent", io.grpc.Metadata.ASCII_STRING_MARSHALLER),
        traceparent);
    var traced =
        CommandServiceGrpc.newBlockingStub(server.commandChannel())
            .withInterceptors(io.grpc.stub.MetadataUtils.newAttachHeadersInterceptor(headers));
    String eventId = traced.createPayment(create(id).build()).getReceipt().getEventId();
    var store = server.bean(com.gyroscops.payments.write.eventstore.EventStore.class);
    var key = new com.gyroscops.payments.write.payment.PaymentKey("acme", id);
    var event = Objects.requireNonNull(store.newest(List.of(key)).events().get(key));
    assertThat(event.getTraceparent()).isEqualTo(traceparent);
    assertThat(event.getEventId()).isEqualTo(eventId);
  }

  @Test
  void healthIsServedForTheServerAndForTheService() {
    var health = HealthGrpc.newBlockingStub(server.commandChannel());
    for (String name : List.of("", CommandServiceGrpc.SERVICE_NAME)) {
      HealthCheckRequest request = HealthCheckRequest.newBuilder().setService(name).build();
      eventually(
          name + " serves", () -> health.check(request).getStatus() == ServingStatus.SERVING);
    }
  }

  @Test
  void healthAndMetricsAreServedOverHttp() throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      eventually("it is ready", () -> get(http, "/health/readiness").statusCode() == 200);
      assertThat(get(http, "/health/readiness").body()).contains("\"commands\"");
      server.commands().createPayment(create(UUID.randomUUID().toString()).build());
      assertThat(get(http, "/prometheus").body())
          .contains("payments_commands_total{command=\"Create\",outcome=\"OK\"}")
          .contains("payments_log_head_position")
          .contains("payments_batch_commands_count");
    }
  }

  private static HttpResponse<String> get(HttpClient http, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + server.httpPort() + path);
    return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void bothVersionsOfReflectionListTheService() throws Exception {
    for (String version : List.of("v1", "v1alpha")) {
      assertThat(Reflection.services(server.commandChannel(), version))
          .contains(CommandServiceGrpc.SERVICE_NAME)
          .doesNotContain("gyroscops.payments.internal.v1.EventFeedService");
    }
  }

  @Test
  void drainingFinishesWhatRunsAndRefusesTheRest() throws Exception {
    CountDownLatch noticed = new CountDownLatch(1);
    try (HikariDataSource own = TestDatabase.open();
        TestServer draining =
            new TestServer(
                own.getJdbcUrl(),
                Map.of(),
                RuntimeBeanDefinition.builder(DrainNotice.class, () -> noticed::await)
                    .singleton(true)
                    .replaces(DrainNotice.class)
                    .build());
        AutoCloseable _ = noticed::countDown) {
      Queue<StreamCommandsResponse> answers = new ConcurrentLinkedQueue<>();
      CountDownLatch ended = new CountDownLatch(1);
      AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
      StreamObserver<StreamCommandsRequest> stream =
          draining.asyncCommands().streamCommands(collecting(answers, ended, failure));
      var health = HealthGrpc.newBlockingStub(draining.commandChannel());
      Thread stopping = Thread.ofPlatform().start(draining::stop);
      eventually(
          "it serves no longer",
          () ->
              health.check(HealthCheckRequest.getDefaultInstance()).getStatus()
                  == ServingStatus.NOT_SERVING);
      // Not serving, but still answering, until the notice is over.
      assertThat(
              draining.commands().createPayment(create("late").build()).getPayment().getVersion())
          .isEqualTo(1);
      stream.onNext(
          StreamCommandsRequest.newBuilder()
              .setSequence(1)
              .setCommand(Command.newBuilder().setProcess(process("late")))
              .build());
      eventually("the stream's command is answered", () -> !answers.isEmpty());
      assertThat(ended.getCount()).isEqualTo(1);
      noticed.countDown();
      assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
      stopping.join(60_000);
      assertThat(stopping.isAlive()).isFalse();
      assertThat(answers).hasSize(1);
      assertThat(ApiError.from(Objects.requireNonNull(failure.get())).orElseThrow().reason())
          .isEqualTo("DRAINING");
    }
  }

  @Test
  void aNoticeIsAsLongAsItIsSet() {
    Duration notice = Duration.ofSeconds(1);
    try (TestServer draining =
        new TestServer(
            pool.getJdbcUrl(), Map.of("payments.drain-notice", notice.toSeconds() + "s"))) {
      long start = System.nanoTime();
      draining.stop();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(notice);
    }
  }

  @Test
  void aFullQueueIsAnsweredWithPushbackAndTheClientsRetrySucceeds() throws Exception {
    try (HikariDataSource own = TestDatabase.open();
        TestServer small =
            new TestServer(
                own.getJdbcUrl(),
                Map.of(
                    "payments.queue-commands-max",
                    2,
                    // The append that waits for the lock does so until the test lets it go on.
                    "datasources.default.data-source-properties.options",
                    "-c statement_timeout=0",
                    "datasources.default.data-source-properties.socketTimeout",
                    0))) {
      Reflection.withServiceConfig(
          small.commandPort(), channel -> assertRefusedThenRetried(own, small, channel));
    }
  }

  private static void assertRefusedThenRetried(
      HikariDataSource own, TestServer small, Channel channel) throws Exception {
    // So that nothing but a retry holds up what is called next.
    CommandServiceGrpc.newBlockingStub(channel).createPayment(create("first").build());
    List<Thread> threads = new ArrayList<>();
    Queue<StatusRuntimeException> refused = new ConcurrentLinkedQueue<>();
    Queue<String> done = new ConcurrentLinkedQueue<>();
    List<Retrying> retrying = new ArrayList<>();
    // Nothing is taken from the queue while the head is locked by somebody else.
    try (var connection = own.getConnection();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("select 1 from outbox_head for update");
      CommandBatcher batcher = small.bean(CommandBatcher.class);
      eventually(
          "the queue is full",
          () -> {
            String id = "full-" + threads.size();
            threads.add(
                Thread.ofVirtual()
                    .start(() -> {
                      try {
                        done.add(
                            small
                                .commands()
                                .createPayment(create(id).build())
                                .getPayment()
                                .getPaymentId());
                      } catch (StatusRuntimeException e) {
                        refused.add(e);
                      }
                    }));
            return !refused.isEmpty() && batcher.waiting() == 2;
          });
      // A client with the service config that is shipped retries by itself.
      for (int i = 0; i < 6; i++) {
        retrying.add(new Retrying(channel, create("patient-" + i).build()));
      }
      for (Retrying call : retrying) {
        assertThat(call.refused.await(60, TimeUnit.SECONDS)).isTrue();
      }
      connection.rollback();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    // One at a time: there is room for each then, and it needs no luck within its few attempts.
    for (Retrying call : retrying) {
      assertThat(call.answer.isDone()).isFalse();
      call.roomy.countDown();
      assertThat(call.answer.get(60, TimeUnit.SECONDS).getPayment().getVersion()).isEqualTo(1);
    }
    assertThat(refused).isNotEmpty();
    assertThat(done.size() + refused.size()).isEqualTo(threads.size());
    assertThat(refused)
        .allSatisfy(e -> {
          ApiError error = ApiError.from(e).orElseThrow();
          assertThat(error.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
          assertThat(error.reason()).isEqualTo("QUEUE_FULL");
          assertThat(error.retryAfter()).isNotNull();
          assertThat(e.getTrailers()).isNotNull();
          assertThat(e.getTrailers().get(ApiError.RETRY_PUSHBACK)).isEqualTo("50");
        });
  }

  /**
   * A call that is to be refused, whose second attempt waits until there is room. It is the first
   * thing that gRPC has its executor do: an attempt that is followed by another tells nobody.
   */
  private static final class Retrying implements Executor {

    private final CountDownLatch refused = new CountDownLatch(1);
    private final CountDownLatch roomy = new CountDownLatch(1);
    private final Future<CreatePaymentResponse> answer;

    Retrying(Channel channel, CreatePaymentRequest request) {
      answer = CommandServiceGrpc.newFutureStub(channel).withExecutor(this).createPayment(request);
    }

    @Override
    public void execute(Runnable task) {
      refused.countDown();
      Thread.ofVirtual()
          .start(() -> {
            try {
              roomy.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            task.run();
          });
    }
  }

  private static StreamObserver<StreamCommandsResponse> collecting(
      Queue<StreamCommandsResponse> answers,
      CountDownLatch ended,
      AtomicReference<@Nullable Throwable> failure) {
    return new StreamObserver<>() {
      @Override
      public void onNext(StreamCommandsResponse response) {
        answers.add(response);
      }

      @Override
      public void onError(Throwable error) {
        failure.set(error);
        ended.countDown();
      }

      @Override
      public void onCompleted() {
        ended.countDown();
      }
    };
  }
}
