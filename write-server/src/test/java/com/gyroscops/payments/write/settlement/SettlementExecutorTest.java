package com.gyroscops.payments.write.settlement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.InvoiceSettlement;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.SettledPayment;
import com.gyroscops.payments.v1.SettlementState;
import com.gyroscops.payments.v1.SettlementStep;
import com.gyroscops.payments.write.command.Batchers;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.gyroscops.payments.write.settlement.postgres.PostgresSettlements;
import com.gyroscops.payments.write.submission.RetryLaterException;
import com.gyroscops.payments.write.submission.WorkflowLauncher;
import com.gyroscops.payments.write.submission.postgres.PostgresSubmissions;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a workflow does, on a real database, in orders that no workflow engine would choose. */
class SettlementExecutorTest {

  private static final int PAYMENTS = 3;

  private HikariDataSource pool;
  private EventStore events;
  private SettlementStore rows;
  private CommandBatcher batcher;
  private CommandReader reader;
  private Settlements settlements;

  @BeforeEach
  void start() {
    pool = TestDatabase.open();
    events = new PostgresEventStore(pool, "test");
    rows = new PostgresSettlements(pool, Clock.systemUTC());
    batcher = Batchers.on(events, 8_192);
    reader = new CommandReader(Clock.systemUTC(), () -> "", () -> "");
    settlements =
        new Settlements(
            events,
            new PostgresSubmissions(pool),
            rows,
            _ -> {},
            new WorkflowLauncher(true, List.of(), Runnable::run));
  }

  @AfterEach
  void stop() {
    batcher.close();
    pool.close();
  }

  private SettlementExecutor executor(CommandHandler commands) {
    return new SettlementExecutor(events, rows, reader, commands);
  }

  private SettlementExecutor executor() {
    return executor(batcher);
  }

  private void execute(Command command) {
    CommandEnvelope read = ((Reading.WellFormed) reader.read(command)).command();
    assertThat(batcher.handle(read).toCompletableFuture().join())
        .isInstanceOf(CommandOutcome.Succeeded.class);
  }

  private static String payment(String settlement, int index) {
    return settlement + "-" + index;
  }

  /** Asks for a settlement of payments that are there to be processed. */
  private void ask(String id) {
    for (int i = 0; i < PAYMENTS; i++) {
      execute(
          Command.newBuilder()
              .setCreate(
                  CreatePaymentRequest.newBuilder()
                      .setContext(CommandContext.newBuilder().setRequestId("create-" + id + i))
                      .setOrganizationId("acme")
                      .setPaymentId(payment(id, i))
                      .setAmount(Amount.newBuilder().setMinorUnits(1_000).setCurrencyCode("EUR")))
              .build());
    }
    List<String> payments =
        IntStream.range(0, PAYMENTS).mapToObj(index -> payment(id, index)).toList();
    assertThat(
            settlements.accept(
                new Settlement(
                    Keys.request("acme", id),
                    UUID.randomUUID(),
                    id,
                    "",
                    Settlement.asked("acme", "somebody", id, "invoice", payments))))
        .isInstanceOf(Settlements.Asked.Accepted.class);
  }

  /** What the workflow does, from its beginning to its end. */
  private static void drive(SettlementExecutor executor, String id) {
    int processed = 0;
    while (processed < PAYMENTS && executor.process("acme", id, processed)) {
      processed++;
    }
    if (processed == PAYMENTS && executor.end("acme", id)) {
      return;
    }
    for (int i = processed - 1; i >= 0; i--) {
      executor.refund("acme", id, i);
    }
    executor.end("acme", id);
  }

  private InvoiceSettlement get(String id) {
    return settlements.find("acme", id).orElseThrow().progress();
  }

  private SettlementState cancel(String id) {
    return settlements.cancel("acme", id).orElseThrow().progress().getState();
  }

  private List<SettlementStep> steps(String id) {
    return get(id).getPaymentsList().stream().map(SettledPayment::getStep).toList();
  }

  private List<PaymentStatus> statuses(String id) {
    List<PaymentKey> keys =
        IntStream.range(0, PAYMENTS).mapToObj(i -> new PaymentKey("acme", payment(id, i))).toList();
    var newest = events.newest(keys).events();
    return keys.stream()
        .map(key -> Objects.requireNonNull(newest.get(key)).getPayment().getStatus())
        .toList();
  }

  @Test
  void isSettledOnceAndTellsWhoseItIs() {
    ask("s");
    drive(executor(), "s");
    InvoiceSettlement settled = get("s");
    drive(executor(), "s");
    assertThat(settled.getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_SETTLED);
    assertThat(settled.getOwner()).isEqualTo("acme");
    assertThat(settled.getActor()).isEqualTo("somebody");
    assertThat(get("s")).isEqualTo(settled);
    assertThat(statuses("s")).containsOnly(PaymentStatus.PAYMENT_STATUS_COMPLETED);
    assertThat(cancel("s")).isEqualTo(SettlementState.SETTLEMENT_STATE_SETTLED);
    assertThat(get("s")).isEqualTo(settled);
  }

  @Test
  void cancelledBeforeItBeganNoPaymentIsTouched() {
    ask("s");
    assertThat(cancel("s")).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLING);
    InvoiceSettlement cancelling = get("s");
    assertThat(cancel("s")).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLING);
    assertThat(get("s")).isEqualTo(cancelling);

    drive(executor(), "s");
    assertThat(get("s").getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLED);
    assertThat(steps("s")).containsOnly(SettlementStep.SETTLEMENT_STEP_WAITING);
    assertThat(statuses("s")).containsOnly(PaymentStatus.PAYMENT_STATUS_PROCESSING);
    assertThat(rows.open(10)).isZero();
    assertThat(cancel("s")).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLED);
  }

  @Test
  void cancelledOnItsWayWhatWasProcessedIsRefunded() {
    ask("s");
    SettlementExecutor executor = executor();
    assertThat(executor.process("acme", "s", 0)).isTrue();
    assertThat(executor.process("acme", "s", 1)).isTrue();
    cancel("s");
    assertThat(executor.process("acme", "s", 2)).isFalse();
    executor.refund("acme", "s", 1);
    assertThat(get("s").getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLING);
    // The engine lost the workflow: another one begins anew.
    drive(executor, "s");

    assertThat(get("s").getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLED);
    assertThat(steps("s"))
        .containsExactly(
            SettlementStep.SETTLEMENT_STEP_REFUNDED,
            SettlementStep.SETTLEMENT_STEP_REFUNDED,
            SettlementStep.SETTLEMENT_STEP_WAITING);
    assertThat(statuses("s"))
        .containsExactly(
            PaymentStatus.PAYMENT_STATUS_REFUNDED,
            PaymentStatus.PAYMENT_STATUS_REFUNDED,
            PaymentStatus.PAYMENT_STATUS_PROCESSING);
  }

  @Test
  void cancelledAfterItsLastPaymentAllAreRefunded() {
    ask("s");
    SettlementExecutor executor = executor();
    for (int i = 0; i < PAYMENTS; i++) {
      executor.process("acme", "s", i);
    }
    cancel("s");
    assertThat(executor.end("acme", "s")).isFalse();
    assertThat(get("s").getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLING);
    drive(executor, "s");
    assertThat(get("s").getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLED);
    assertThat(statuses("s")).containsOnly(PaymentStatus.PAYMENT_STATUS_REFUNDED);
  }

  @Test
  void whatWasProcessedAndNotNotedWhenItWasCancelledIsRefunded() {
    ask("s");
    // Its server ends between the command and the note of it.
    SettlementExecutor ended =
        executor(command -> {
          batcher.handle(command).toCompletableFuture().join();
          return CompletableFuture.completedFuture(CommandBatcher.QUEUE_FULL);
        });
    assertThatThrownBy(() -> ended.process("acme", "s", 0)).isInstanceOf(RetryLaterException.class);
    assertThat(steps("s")).containsOnly(SettlementStep.SETTLEMENT_STEP_WAITING);
    cancel("s");
    drive(executor(), "s");

    assertOnlyTheFirstWasRefunded();
  }

  @Test
  void aStepThatStoodStillUntilItWasCancelledProcessesNothing() {
    ask("s");
    SettlementExecutor late =
        executor(command -> {
          cancel("s");
          drive(executor(), "s");
          assertThat(get("s").getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLED);
          return batcher.handle(command);
        });
    assertThat(late.process("acme", "s", 0)).isFalse();
    assertThat(steps("s")).containsOnly(SettlementStep.SETTLEMENT_STEP_WAITING);
    assertThat(statuses("s")).containsOnly(PaymentStatus.PAYMENT_STATUS_PROCESSING);
  }

  @Test
  void aStepThatIsDecidedWhileItIsCancelledIsRefunded() {
    ask("s");
    SettlementExecutor executor =
        executor(command -> {
          CommandOutcome outcome = batcher.handle(command).toCompletableFuture().join();
          cancel("s");
          return CompletableFuture.completedFuture(outcome);
        });
    assertThat(executor.process("acme", "s", 0)).isTrue();
    assertThat(get("s").getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLING);
    drive(executor(), "s");
    assertOnlyTheFirstWasRefunded();
  }

  @Test
  void aRefundThatIsRejectedIsSaidAtItsEnd() {
    ask("s");
    SettlementExecutor executor = executor();
    executor.process("acme", "s", 0);
    execute(
        Command.newBuilder()
            .setRefund(
                RefundPaymentRequest.newBuilder()
                    .setContext(CommandContext.newBuilder().setRequestId("by-hand"))
                    .setOrganizationId("acme")
                    .setPaymentId(payment("s", 0)))
            .build());
    cancel("s");
    drive(executor, "s");
    assertThat(get("s").getState())
        .isEqualTo(SettlementState.SETTLEMENT_STATE_COMPENSATION_REJECTED);
    assertThat(cancel("s")).isEqualTo(SettlementState.SETTLEMENT_STATE_COMPENSATION_REJECTED);
  }

  /**
   * The invariant: whoever processes, refunds, ends and cancels, at once and more than once, a
   * settlement ends once; SETTLED with all its payments processed, or CANCELLED with none that
   * stays processed; and CANCELLED if and only if the cancellation was answered so.
   */
  @Test
  void inAnyInterleavingItIsSettledWholeOrCancelledWhole() throws Exception {
    int count = 60;
    SettlementExecutor executor = executor();
    Map<String, SettlementState> answered = new ConcurrentHashMap<>();
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String id = "s" + i;
      ask(id);
      for (int workflow = 0; workflow < 2; workflow++) {
        tasks.add(() -> {
          drive(executor, id);
          return null;
        });
      }
      tasks.add(() -> {
        answered.put(id, cancel(id));
        return null;
      });
    }
    long seed = System.nanoTime();
    Collections.shuffle(tasks, new Random(seed));
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
    }
    for (int i = 0; i < count; i++) {
      String id = "s" + i;
      // Both may have been over before the cancellation: the sweep then starts another.
      drive(executor, id);
      InvoiceSettlement ended = get(id);
      drive(executor, id);
      assertThat(get(id)).as("settlement %d, seed %d", i, seed).isEqualTo(ended);
      if (answered.get(id) == SettlementState.SETTLEMENT_STATE_SETTLED) {
        assertThat(ended.getState())
            .as("settlement %d, seed %d", i, seed)
            .isEqualTo(SettlementState.SETTLEMENT_STATE_SETTLED);
        assertThat(statuses(id)).containsOnly(PaymentStatus.PAYMENT_STATUS_COMPLETED);
      } else {
        assertThat(ended.getState())
            .as("settlement %d, seed %d", i, seed)
            .isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLED);
        assertThat(statuses(id))
            .as("settlement %d, seed %d", i, seed)
            .containsExactlyElementsOf(
                steps(id).stream()
                    .map(step ->
                        step == SettlementStep.SETTLEMENT_STEP_REFUNDED
                            ? PaymentStatus.PAYMENT_STATUS_REFUNDED
                            : PaymentStatus.PAYMENT_STATUS_PROCESSING)
                    .toList());
      }
    }
    assertThat(rows.open(count)).isZero();
  }

  private void assertOnlyTheFirstWasRefunded() {
    assertThat(get("s").getState()).isEqualTo(SettlementState.SETTLEMENT_STATE_CANCELLED);
    assertThat(statuses("s"))
        .containsExactly(
            PaymentStatus.PAYMENT_STATUS_REFUNDED,
            PaymentStatus.PAYMENT_STATUS_PROCESSING,
            PaymentStatus.PAYMENT_STATUS_PROCESSING);
  }
}
