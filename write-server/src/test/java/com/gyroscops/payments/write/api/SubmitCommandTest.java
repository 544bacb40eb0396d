package com.gyroscops.payments.write.api;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.stack.engine.LocalTemporal;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CancelCommandRequest;
import com.gyroscops.payments.v1.CancelInvoiceSettlementRequest;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandServiceGrpc.CommandServiceBlockingStub;
import com.gyroscops.payments.v1.CommandState;
import com.gyroscops.payments.v1.CommandSubmission;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.ExecuteBatchRequest;
import com.gyroscops.payments.v1.GetCommandRequest;
import com.gyroscops.payments.v1.GetInvoiceSettlementRequest;
import com.gyroscops.payments.v1.InvoiceSettlement;
import com.gyroscops.payments.v1.ListInvoiceSettlementsRequest;
import com.gyroscops.payments.v1.ListSubmittedCommandsRequest;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.SettleInvoiceRequest;
import com.gyroscops.payments.v1.SettledPayment;
import com.gyroscops.payments.v1.SettlementState;
import com.gyroscops.payments.v1.SettlementStep;
import com.gyroscops.payments.v1.SubmitCommandRequest;
import com.gyroscops.payments.v1.SubmitCommandResponse;
import com.gyroscops.payments.v1.WaitCommandRequest;
import com.gyroscops.payments.v1.WaitCommandResponse;
import com.gyroscops.payments.v1.WriteStrategy;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.EventType;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Commands executed later, as a client sees them: real server, real database, real Temporal. */
@Tag("engines")
class SubmitCommandTest {

  private static final int ENOUGH_SECONDS = 60;

  private static HikariDataSource pool;
  private static LocalTemporal temporal;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    pool = TestDatabase.open();
    temporal = LocalTemporal.temporary();
    server =
        new TestServer(pool.getJdbcUrl(), Map.of("payments.temporal.address", temporal.address()));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    temporal.close();
    pool.close();
  }

  private static String id() {
    return UUID.randomUUID().toString();
  }

  private static CommandServiceBlockingStub commands() {
    return server.commands().withDeadlineAfter(ENOUGH_SECONDS, TimeUnit.SECONDS);
  }

  private static CreatePaymentRequest.Builder create(String requestId, String paymentId) {
    return CreatePaymentRequest.newBuilder()
        .setContext(CommandContext.newBuilder().setRequestId(requestId))
        .setOrganizationId("acme")
        .setPaymentId(paymentId)
        .setAmount(Amount.newBuilder().setMinorUnits(1_000).setCurrencyCode("EUR"));
  }

  private static ProcessPaymentRequest.Builder process(String requestId, String paymentId) {
    return ProcessPaymentRequest.newBuilder()
        .setContext(CommandContext.newBuilder().setRequestId(requestId))
        .setOrganizationId("acme")
        .setPaymentId(paymentId);
  }

  private static SubmitCommandRequest submission(CreatePaymentRequest.Builder create) {
    return SubmitCommandRequest.newBuilder()
        .setCommand(Command.newBuilder().setCreate(create))
        .build();
  }

  private static SubmitCommandRequest submission(ProcessPaymentRequest.Builder process) {
    return SubmitCommandRequest.newBuilder()
        .setCommand(Command.newBuilder().setProcess(process))
        .build();
  }

  /** How a command ends that may begin only at a second or third sweep. */
  private static CommandState awaitEnd(CommandServiceBlockingStub commands, String requestId) {
    eventually(
        "the command ends",
        java.time.Duration.ofMinutes(3),
        () ->
            switch (state(commands, requestId)) {
              case COMMAND_STATE_PENDING, COMMAND_STATE_RUNNING -> false;
              default -> true;
            });
    return state(commands, requestId);
  }

  private static WaitCommandResponse await(CommandServiceBlockingStub commands, String requestId) {
    return commands.waitCommand(
        WaitCommandRequest.newBuilder().setOrganizationId("acme").setRequestId(requestId).build());
  }

  private static CommandState state(CommandServiceBlockingStub commands, String requestId) {
    return commands
        .getCommand(
            GetCommandRequest.newBuilder()
                .setOrganizationId("acme")
                .setRequestId(requestId)
                .build())
        .getState();
  }

  /** Of a server that accepts and executes nothing. */
  private static Map<String, Object> idle() {
    return Map.of(
        "payments.temporal.address",
        temporal.address(),
        "payments.temporal.workers",
        false,
        "payments.temporal.task-queue",
        "idle");
  }

  @Test
  void aSubmissionIsExecutedAndToldLikeAnyOtherCommand() {
    String request = id();
    SubmitCommandRequest submission = submission(create(request, ""));
    SubmitCommandResponse accepted = commands().submitCommand(submission);
    assertThat(accepted.getState()).isEqualTo(CommandState.COMMAND_STATE_PENDING);
    assertThat(accepted.getReplayed()).isFalse();
    assertThat(accepted.getPaymentId()).isNotEmpty();

    WaitCommandResponse ended = await(commands(), request);
    assertThat(ended.getState()).isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
    assertThat(ended.getOutcome().getSuccess().getPayment().getPaymentId())
        .isEqualTo(accepted.getPaymentId());
    assertThat(state(commands(), request)).isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);

    SubmitCommandResponse again = commands().submitCommand(submission);
    assertThat(again.getReplayed()).isTrue();
    assertThat(again.getState()).isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
    assertThat(again.getPaymentId()).isEqualTo(accepted.getPaymentId());
    // Executed by its own RPC it is the same command, too.
    assertThat(commands().createPayment(create(request, "").build()).getReceipt().getReplayed())
        .isTrue();
    assertThat(
            Requests.error(() -> commands().submitCommand(submission(create(request, "other"))))
                .reason())
        .isEqualTo("REQUEST_ID_REUSED");
  }

  @Test
  void aRejectionIsTheSameErrorAsThatOfTheCommandsOwnRpc() {
    String request = id();
    String payment = id();
    commands().submitCommand(submission(process(request, payment)));
    WaitCommandResponse ended = await(commands(), request);
    assertThat(ended.getState()).isEqualTo(CommandState.COMMAND_STATE_REJECTED);
    ApiError direct =
        Requests.error(() -> commands().processPayment(process(id(), payment).build()));
    assertThat(ended.getOutcome().getError()).isEqualTo(direct.toMessage());
  }

  @Test
  void anExpectedVersionThatDoesNotFitEndsASubmission() {
    String payment = id();
    commands().createPayment(create(id(), payment).build());
    String request = id();
    commands()
        .submitCommand(
            submission(
                process(request, payment)
                    .setContext(
                        CommandContext.newBuilder().setRequestId(request).setExpectedVersion(7))));
    WaitCommandResponse ended = await(commands(), request);
    assertThat(ended.getState()).isEqualTo(CommandState.COMMAND_STATE_REJECTED);
    assertThat(ended.getOutcome().getError().getReason()).isEqualTo("VERSION_MISMATCH");
  }

  @Test
  void writeBehindAcceptsAUnaryCommand() {
    String request = id();
    CreatePaymentRequest.Builder create = create(request, "");
    create.getContextBuilder().setWriteStrategy(WriteStrategy.WRITE_STRATEGY_WRITE_BEHIND);
    var answer = commands().createPayment(create.build());
    assertThat(answer.getReceipt().getPending()).isTrue();
    assertThat(answer.getReceipt().getConsistencyToken()).isEmpty();
    assertThat(answer.getPayment().getPaymentId()).isNotEmpty();
    assertThat(answer.getPayment().getVersion()).isZero();

    WaitCommandResponse ended = await(commands(), request);
    assertThat(ended.getOutcome().getSuccess().getPayment().getPaymentId())
        .isEqualTo(answer.getPayment().getPaymentId());
    var again = commands().createPayment(create.build());
    assertThat(again.getReceipt().getPending()).isFalse();
    assertThat(again.getReceipt().getReplayed()).isTrue();
    assertThat(again.getPayment().getVersion()).isEqualTo(1);

    var batch =
        commands()
            .executeBatch(
                ExecuteBatchRequest.newBuilder()
                    .addCommands(Command.newBuilder().setCreate(create))
                    .build());
    assertThat(batch.getOutcomes(0).getError().getViolations(0).getField())
        .isEqualTo("create.context.write_strategy");
  }

  @Test
  void badInputIsAnsweredAtOnce() {
    String request = id();
    assertThat(
            Requests.error(
                    () -> commands().submitCommand(submission(create(request, "p").clearAmount())))
                .violations())
        .extracting(ApiError.FieldViolation::field)
        .contains("create.amount.minor_units", "create.amount.currency_code");
    assertThat(
            Requests.error(
                    () -> commands().submitCommand(SubmitCommandRequest.getDefaultInstance()))
                .violations())
        .extracting(ApiError.FieldViolation::field)
        .contains("command");
    CreatePaymentRequest.Builder asking = create(request, "p");
    asking.getContextBuilder().setValidateOnly(true);
    assertThat(Requests.error(() -> commands().submitCommand(submission(asking))).violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("context.validate_only");
    for (Duration timeout :
        List.of(
            Duration.getDefaultInstance(),
            Duration.newBuilder().setSeconds(-5).build(),
            Duration.newBuilder().setSeconds(3_600).setNanos(1).build())) {
      assertThat(
              Requests.error(() ->
                      commands()
                          .submitCommand(
                              submission(create(request, "p")).toBuilder()
                                  .setExecutionTimeout(timeout)
                                  .build()))
                  .violations())
          .extracting(ApiError.FieldViolation::field)
          .containsExactly("execution_timeout");
    }
    assertThat(Requests.error(() -> await(commands(), request)).reason())
        .isEqualTo("COMMAND_NOT_FOUND");
    CancelCommandRequest cancel =
        CancelCommandRequest.newBuilder().setOrganizationId("acme").setRequestId(request).build();
    assertThat(Requests.error(() -> commands().cancelCommand(cancel)).code())
        .isEqualTo(Code.NOT_FOUND);
    commands().createPayment(create(request, id()).build());
    ApiError ended = Requests.error(() -> commands().cancelCommand(cancel));
    assertThat(ended.reason()).isEqualTo("COMMAND_ENDED");
    assertThat(ended.metadata()).containsEntry("state", "COMMAND_STATE_SUCCEEDED");
  }

  /** An answer at the end of a short wait; it may come too late on a machine that stands still. */
  private static WaitCommandResponse awaitBriefly(
      CommandServiceBlockingStub commands, String requestId) {
    while (true) {
      try {
        return await(commands.withDeadlineAfter(700, TimeUnit.MILLISECONDS), requestId);
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED);
      }
    }
  }

  /** Nothing that is accepted needs Temporal; it only waits for it. */
  @Test
  void withoutTemporalSubmissionsWaitAndEverythingElseGoesOn() throws Exception {
    int port = FreePorts.next();
    try (HikariDataSource own = TestDatabase.open();
        TestServer alone =
            new TestServer(
                own.getJdbcUrl(), Map.of("payments.temporal.address", "127.0.0.1:" + port))) {
      CommandServiceBlockingStub commands = alone.commands();
      String waiting = id();
      String cancelled = id();
      commands.submitCommand(submission(create(waiting, id())));
      commands.submitCommand(submission(create(cancelled, id())));
      commands.createPayment(create(id(), id()).build());

      WaitCommandResponse still = awaitBriefly(commands, waiting);
      assertThat(still.getState()).isEqualTo(CommandState.COMMAND_STATE_PENDING);
      assertThat(still.getSubmitTime().getSeconds()).isPositive();
      CancelCommandRequest cancel =
          CancelCommandRequest.newBuilder()
              .setOrganizationId("acme")
              .setRequestId(cancelled)
              .build();
      assertThat(commands.cancelCommand(cancel).getState())
          .isEqualTo(CommandState.COMMAND_STATE_CANCELLED);
      assertThat(commands.cancelCommand(cancel).getOutcome().getError().getReason())
          .isEqualTo("COMMAND_CANCELLED");

      try (LocalTemporal late = LocalTemporal.temporary(port)) {
        assertThat(late.process().isAlive()).isTrue();
        assertThat(awaitEnd(commands, waiting)).isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
        assertThat(state(commands, cancelled)).isEqualTo(CommandState.COMMAND_STATE_CANCELLED);
      }
    }
  }

  /** What a restart of the local Temporal loses is started again from the rows. */
  @Test
  void whatTemporalForgetsIsStartedAgain() throws Exception {
    int port = FreePorts.next();
    String request = id();
    Map<String, Object> starter =
        Map.of(
            "payments.temporal.address",
            "127.0.0.1:" + port,
            "payments.temporal.workers",
            false,
            "payments.temporal.task-queue",
            "forgetful");
    try (HikariDataSource own = TestDatabase.open();
        TestServer accepting = new TestServer(own.getJdbcUrl(), starter)) {
      try (LocalTemporal first = LocalTemporal.temporary(port)) {
        accepting.commands().submitCommand(submission(create(request, id())));
        // With nobody to work on it.
        eventually("it is started there", () -> isStarted(first, request));
        assertThat(first.process().isAlive()).isTrue();
        assertThat(state(accepting.commands(), request))
            .isEqualTo(CommandState.COMMAND_STATE_PENDING);
      }
      Map<String, Object> worker = new HashMap<>(starter);
      worker.put("payments.temporal.workers", true);
      try (LocalTemporal second = LocalTemporal.temporary(port);
          TestServer working = new TestServer(own.getJdbcUrl(), worker)) {
        assertThat(second.process().isAlive()).isTrue();
        assertThat(awaitEnd(working.commands(), request))
            .isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
      }
    }
  }

  private static boolean isStarted(LocalTemporal at, String requestId) {
    WorkflowServiceStubs stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget(at.address()).build());
    try {
      return WorkflowClient.newInstance(stubs)
          .fetchHistory("command/acme/" + requestId)
          .getEvents()
          .stream()
          .anyMatch(it -> it.getEventType() == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Code.NOT_FOUND);
      return false;
    } finally {
      stubs.shutdownNow();
    }
  }

  @Test
  void anInstallationWithoutTemporalSaysSo() {
    try (TestServer without = new TestServer(pool.getJdbcUrl(), Map.of())) {
      ApiError error =
          Requests.error(() -> without.commands().submitCommand(submission(create(id(), id()))));
      assertThat(error.code()).isEqualTo(Code.UNIMPLEMENTED);
      assertThat(error.reason()).isEqualTo("FEATURE_DISABLED");
      assertThat(error.metadata()).containsEntry("feature", "submissions");
      ApiError settling =
          Requests.error(() -> without.commands().settleInvoice(settle(id(), List.of("p"))));
      assertThat(settling.code()).isEqualTo(Code.UNIMPLEMENTED);
      assertThat(settling.reason()).isEqualTo("FEATURE_DISABLED");
      assertThat(settling.metadata()).containsEntry("feature", "settlements");
      // What there is can be seen.
      assertThat(
              without
                  .commands()
                  .listSubmittedCommands(
                      ListSubmittedCommandsRequest.newBuilder().setOrganizationId("none").build())
                  .getSubmissionsList())
          .isEmpty();
    }
  }

  private static List<String> payments(int count) {
    return IntStream.range(0, count)
        .mapToObj(_ -> {
          String payment = id();
          commands().createPayment(create(id(), payment).build());
          return payment;
        })
        .toList();
  }

  private static SettleInvoiceRequest settle(String request, List<String> payments) {
    return SettleInvoiceRequest.newBuilder()
        .setContext(CommandContext.newBuilder().setRequestId(request))
        .setOrganizationId("acme")
        .setInvoiceId("invoice-1")
        .addAllPaymentIds(payments)
        .build();
  }

  private static InvoiceSettlement ended(String request) {
    return ended(server, request);
  }

  private static InvoiceSettlement ended(TestServer of, String request) {
    GetInvoiceSettlementRequest get =
        GetInvoiceSettlementRequest.newBuilder()
            .setOrganizationId("acme")
            .setRequestId(request)
            .build();
    eventually(
        "the settlement ends",
        java.time.Duration.ofMinutes(2),
        () ->
            switch (of.commands().getInvoiceSettlement(get).getSettlement().getState()) {
              case SETTLEMENT_STATE_SETTLED,
                  SETTLEMENT_STATE_COMPENSATED,
                  SETTLEMENT_STATE_COMPENSATION_REJECTED,
                  SETTLEMENT_STATE_CANCELLED ->
                  true;
              default -> false;
            });
    return of.commands().getInvoiceSettlement(get).getSettlement();
  }

  private static PaymentStatus status(String payment) {
    // Deciding without storing tells where a payment stands.
    ApiError error = Requests.error(() -> commands().createPayment(create(id(), payment).build()));
    assertThat(error.reason()).isEqualTo("PAYMENT_EXISTS");
    ApiError processing =
        Requests.error(() -> commands().processPayment(process(id(), payment).build()));
    return PaymentStatus.valueOf(processing.metadata().get("status"));
  }

  @Test
  void anInvoiceIsSettled() throws Exception {
    String request = id();
    List<String> payments = payments(3);
    var accepted = commands().settleInvoice(settle(request, payments));
    assertThat(accepted.getReplayed()).isFalse();
    assertThat(accepted.getSettlement().getState())
        .isEqualTo(SettlementState.SETTLEMENT_STATE_PENDING);

    InvoiceSettlement settled = ended(request);
    assertThat(settled.getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_SETTLED);
    assertThat(settled.getPaymentsList())
        .allSatisfy(payment -> {
          assertThat(payment.getStep()).isEqualTo(SettlementStep.SETTLEMENT_STEP_PROCESSED);
          assertThat(payment.getConsistencyToken()).isNotEmpty();
        });
    assertThat(payments)
        .allSatisfy(payment ->
            assertThat(status(payment)).isEqualTo(PaymentStatus.PAYMENT_STATUS_COMPLETED));
    var again = commands().settleInvoice(settle(request, payments));
    assertThat(again.getReplayed()).isTrue();
    assertThat(again.getSettlement()).isEqualTo(settled);
    assertThat(
            Requests.error(() -> commands().settleInvoice(settle(request, payments.reversed())))
                .reason())
        .isEqualTo("REQUEST_ID_REUSED");
  }

  @Test
  void aSettlementAndACommandShareNoRequestId() throws Exception {
    String command = id();
    List<String> payments = payments(1);
    commands().createPayment(create(command, id()).build());
    assertThat(Requests.error(() -> commands().settleInvoice(settle(command, payments))).reason())
        .isEqualTo("REQUEST_ID_REUSED");

    String settlement = id();
    commands().settleInvoice(settle(settlement, payments));
    assertThat(
            Requests.error(() -> commands().createPayment(create(settlement, id()).build()))
                .reason())
        .isEqualTo("REQUEST_ID_REUSED");
    assertThat(
            Requests.error(() -> commands().submitCommand(submission(create(settlement, id()))))
                .reason())
        .isEqualTo("REQUEST_ID_REUSED");
    assertThat(commands().settleInvoice(settle(settlement, payments)).getReplayed()).isTrue();
    assertThat(ended(settlement).getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_SETTLED);
    assertThat(state(commands(), settlement)).isEqualTo(CommandState.COMMAND_STATE_REJECTED);
  }

  @Test
  void aSettlementDoesNotTakeTheRequestIdOfASubmissionThatWaits() {
    try (HikariDataSource own = TestDatabase.open();
        TestServer accepting = new TestServer(own.getJdbcUrl(), idle())) {
      String request = id();
      accepting.commands().submitCommand(submission(create(request, id())));
      assertThat(
              Requests.error(
                      () -> accepting.commands().settleInvoice(settle(request, List.of("p"))))
                  .reason())
          .isEqualTo("REQUEST_ID_REUSED");
    }
  }

  @Test
  void whatIsSubmittedWithoutAnIdKeepsTheIdThatWasAnsweredThoughItComesDirectlyMeanwhile() {
    try (HikariDataSource own = TestDatabase.open();
        TestServer accepting = new TestServer(own.getJdbcUrl(), idle())) {
      String submitted = id();
      SubmitCommandResponse accepted =
          accepting.commands().submitCommand(submission(create(submitted, "")));
      assertThat(accepted.getState()).isEqualTo(CommandState.COMMAND_STATE_PENDING);
      var direct = accepting.commands().createPayment(create(submitted, "").build());
      assertThat(direct.getPayment().getPaymentId()).isEqualTo(accepted.getPaymentId());

      String behind = id();
      CreatePaymentRequest.Builder create = create(behind, "");
      create.getContextBuilder().setWriteStrategy(WriteStrategy.WRITE_STRATEGY_WRITE_BEHIND);
      var pending = accepting.commands().createPayment(create.build());
      assertThat(pending.getReceipt().getPending()).isTrue();
      var created = accepting.commands().createPayment(create(behind, "").build());
      assertThat(created.getPayment().getPaymentId())
          .isEqualTo(pending.getPayment().getPaymentId());
    }
  }

  @Test
  void aRejectionRefundsWhatWasProcessed() throws Exception {
    String request = id();
    List<String> payments = payments(4);
    // The third was processed and refunded by somebody else before.
    commands().processPayment(process(id(), payments.get(2)).build());
    commands()
        .refundPayment(
            RefundPaymentRequest.newBuilder()
                .setContext(CommandContext.newBuilder().setRequestId(id()))
                .setOrganizationId("acme")
                .setPaymentId(payments.get(2))
                .build());
    commands().settleInvoice(settle(request, payments));

    InvoiceSettlement ended = ended(request);
    assertThat(ended.getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_COMPENSATED);
    assertThat(ended.getPaymentsList().stream().map(SettledPayment::getStep))
        .containsExactly(
            SettlementStep.SETTLEMENT_STEP_REFUNDED,
            SettlementStep.SETTLEMENT_STEP_REFUNDED,
            SettlementStep.SETTLEMENT_STEP_REJECTED,
            SettlementStep.SETTLEMENT_STEP_WAITING);
    assertThat(ended.getPayments(2).getError().getReason()).isEqualTo("PAYMENT_STATUS");
    assertThat(status(payments.get(0))).isEqualTo(PaymentStatus.PAYMENT_STATUS_REFUNDED);
    assertThat(status(payments.get(1))).isEqualTo(PaymentStatus.PAYMENT_STATUS_REFUNDED);
  }

  private static CancelInvoiceSettlementRequest cancelSettlement(String request) {
    return CancelInvoiceSettlementRequest.newBuilder()
        .setOrganizationId("acme")
        .setRequestId(request)
        .build();
  }

  /** On a task queue of its own, with or without anybody who works on it. */
  private static Map<String, Object> queue(String name, boolean workers) {
    return Map.of(
        "payments.temporal.address",
        temporal.address(),
        "payments.temporal.workers",
        workers,
        "payments.temporal.task-queue",
        name);
  }

  @Test
  void aSettlementIsCancelledWhileNobodyWorksOnItAndEndsOnceSomebodyDoes() throws Exception {
    String name = id();
    try (HikariDataSource own = TestDatabase.open();
        TestServer accepting = new TestServer(own.getJdbcUrl(), queue(name, false))) {
      String request = id();
      String payment = id();
      accepting.commands().createPayment(create(id(), payment).build());
      accepting.commands().settleInvoice(settle(request, List.of(payment)));
      InvoiceSettlement cancelled =
          accepting.commands().cancelInvoiceSettlement(cancelSettlement(request)).getSettlement();
      assertThat(cancelled.getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLING);
      assertThat(cancelled.getOwner()).isEqualTo("acme");
      assertThat(
              accepting
                  .commands()
                  .cancelInvoiceSettlement(cancelSettlement(request))
                  .getSettlement())
          .isEqualTo(cancelled);
      try (TestServer working = new TestServer(own.getJdbcUrl(), queue(name, true))) {
        InvoiceSettlement ended = ended(working, request);
        assertThat(ended.getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLED);
        assertThat(ended.getPayments(0).getStep())
            .isEqualTo(SettlementStep.SETTLEMENT_STEP_WAITING);
        assertThat(
                working
                    .commands()
                    .cancelInvoiceSettlement(cancelSettlement(request))
                    .getSettlement())
            .isEqualTo(ended);
        working.commands().processPayment(process(id(), payment).build());
      }
    }
  }

  @Test
  void aSettlementThatHasEndedOtherwiseCannotBeCancelled() throws Exception {
    String request = id();
    commands().settleInvoice(settle(request, payments(1)));
    ended(request);
    ApiError late =
        Requests.error(() -> commands().cancelInvoiceSettlement(cancelSettlement(request)));
    assertThat(late.code()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(late.reason()).isEqualTo("SETTLEMENT_ENDED");
    assertThat(late.metadata()).containsEntry("state", "SETTLEMENT_STATE_SETTLED");
    ApiError unknown =
        Requests.error(() -> commands().cancelInvoiceSettlement(cancelSettlement(id())));
    assertThat(unknown.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(unknown.reason()).isEqualTo("SETTLEMENT_NOT_FOUND");
    assertThat(
            Requests.error(() -> commands().cancelInvoiceSettlement(cancelSettlement("")))
                .violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("request_id");
  }

  @Test
  void whatIsOpenIsListedByOrganizationAndStateTheNewestFirst() {
    try (HikariDataSource own = TestDatabase.open();
        TestServer accepting = new TestServer(own.getJdbcUrl(), queue(id(), false))) {
      List<String> requests = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        String request = "r" + i;
        requests.addFirst(request);
        accepting.commands().submitCommand(submission(create(request, "p" + i)));
        accepting.commands().settleInvoice(settle("s" + request, List.of("p" + i)));
      }
      CreatePaymentRequest.Builder others = create("r0", "p").setOrganizationId("other");
      accepting.commands().submitCommand(submission(others));

      var list =
          ListSubmittedCommandsRequest.newBuilder()
              .setOrganizationId("acme")
              .addStates(CommandState.COMMAND_STATE_PENDING)
              .setPageSize(2);
      List<CommandSubmission> found = new ArrayList<>();
      int pages = 0;
      do {
        var page = accepting.commands().listSubmittedCommands(list.build());
        found.addAll(page.getSubmissionsList());
        list.setPageToken(page.getNextPageToken());
        pages++;
      } while (!list.getPageToken().isEmpty());
      assertThat(pages).isEqualTo(3);
      assertThat(found)
          .extracting(CommandSubmission::getRequestId)
          .containsExactlyElementsOf(requests);
      assertThat(found.getFirst())
          .satisfies(newest -> {
            assertThat(newest.getOrganizationId()).isEqualTo("acme");
            assertThat(newest.getOwner()).isEqualTo("acme");
            assertThat(newest.getActor()).isEmpty();
            assertThat(newest.getPaymentId()).isEqualTo("p4");
            assertThat(newest.getCommand()).isEqualTo("create");
            assertThat(newest.getState()).isEqualTo(CommandState.COMMAND_STATE_PENDING);
            assertThat(newest.hasSubmitTime()).isTrue();
            assertThat(newest.hasStartTime()).isFalse();
            assertThat(newest.getExecutionTimeout().getSeconds()).isEqualTo(300);
          });
      assertThat(
              accepting
                  .commands()
                  .listSubmittedCommands(
                      list.clearStates().addStates(CommandState.COMMAND_STATE_RUNNING).build())
                  .getSubmissionsList())
          .isEmpty();

      accepting.commands().cancelInvoiceSettlement(cancelSettlement("sr1"));
      var settlements =
          ListInvoiceSettlementsRequest.newBuilder().setOrganizationId("acme").setPageSize(4);
      var first = accepting.commands().listInvoiceSettlements(settlements.build());
      assertThat(first.getSettlementsList())
          .extracting(InvoiceSettlement::getRequestId)
          .containsExactly("sr4", "sr3", "sr2", "sr1");
      settlements.setPageToken(first.getNextPageToken());
      var second = accepting.commands().listInvoiceSettlements(settlements.build());
      assertThat(second.getSettlementsList())
          .extracting(InvoiceSettlement::getRequestId)
          .containsExactly("sr0");
      assertThat(second.getNextPageToken()).isEmpty();
      assertThat(
              accepting
                  .commands()
                  .listInvoiceSettlements(
                      ListInvoiceSettlementsRequest.newBuilder()
                          .setOrganizationId("acme")
                          .addStates(SettlementState.SETTLEMENT_STATE_CANCELLING)
                          .addStates(SettlementState.SETTLEMENT_STATE_CANCELLED)
                          .build())
                  .getSettlementsList())
          .extracting(InvoiceSettlement::getRequestId)
          .containsExactly("sr1");
      ApiError other =
          Requests.error(() ->
              accepting
                  .commands()
                  .listInvoiceSettlements(settlements.setOrganizationId("other").build()));
      assertThat(other.reason()).isEqualTo("PAGE_TOKEN_INVALID");
    }
  }

  @Test
  void aListThatMakesNoSenseIsRefused() {
    assertThat(
            Requests.error(() ->
                    commands()
                        .listSubmittedCommands(
                            ListSubmittedCommandsRequest.newBuilder()
                                .setOrganizationId("-")
                                .addStates(CommandState.COMMAND_STATE_RUNNING)
                                .addStates(CommandState.COMMAND_STATE_SUCCEEDED)
                                .setPageSize(-1)
                                .build()))
                .violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("organization_id", "states[1]", "page_size");
    assertThat(
            Requests.error(() ->
                    commands()
                        .listInvoiceSettlements(
                            ListInvoiceSettlementsRequest.newBuilder()
                                .addStates(SettlementState.SETTLEMENT_STATE_UNSPECIFIED)
                                .addStatesValue(99)
                                .build()))
                .violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("organization_id", "states[0]", "states[1]");
  }

  @Test
  void aSettlementThatMakesNoSenseIsRefused() {
    String request = id();
    List<String> payments = IntStream.range(0, 101).mapToObj(i -> "p" + i).toList();
    assertThat(
            Requests.error(() -> commands().settleInvoice(settle(request, List.of()))).violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("payment_ids");
    assertThat(
            Requests.error(() -> commands().settleInvoice(settle(request, payments))).violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("payment_ids");
    assertThat(
            Requests.error(() -> commands().settleInvoice(settle(request, List.of("a", "b", "a"))))
                .violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("payment_ids[2]");
    assertThat(
            Requests.error(() ->
                    commands()
                        .settleInvoice(
                            settle(request, List.of("a")).toBuilder()
                                .setContext(
                                    CommandContext.newBuilder()
                                        .setRequestId(request)
                                        .setExpectedVersion(1))
                                .build()))
                .violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("context");
    assertThat(
            Requests.error(() ->
                    commands()
                        .getInvoiceSettlement(
                            GetInvoiceSettlementRequest.newBuilder()
                                .setOrganizationId("acme")
                                .setRequestId(request)
                                .build()))
                .reason())
        .isEqualTo("SETTLEMENT_NOT_FOUND");
  }
}
