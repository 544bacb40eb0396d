package com.gyroscops.payments.write.workflow;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.gyroscops.payments.stack.engine.LocalTemporal;
import com.gyroscops.payments.workflow.v1.ImportStepResult;
import com.gyroscops.payments.workflow.v1.SettlementPayment;
import com.gyroscops.payments.workflow.v1.SettlementStepResult;
import com.gyroscops.payments.workflow.v1.StartedImport;
import com.gyroscops.payments.workflow.v1.SubmittedCommand;
import com.gyroscops.payments.workflow.v1.SubmittedSettlement;
import io.temporal.api.enums.v1.EventType;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.common.converter.DefaultDataConverter;
import io.temporal.common.converter.NullPayloadConverter;
import io.temporal.common.converter.ProtobufPayloadConverter;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.testing.WorkflowReplayer;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The order of steps, on a real Temporal server with scripted activities; and that histories
 * recorded earlier can still be replayed, as they must be where a workflow is under way while
 * servers change.
 *
 * <p>{@code -Dpayments.histories.record=true} writes what the tests did to {@code histories/}: for
 * a new path through a workflow. Histories that are there are kept: they are what is under way.
 */
@Tag("engines")
class WorkflowsTest {

  private static final Path HISTORIES = Path.of("src/test/resources/histories");

  private static LocalTemporal temporal;
  private static WorkflowServiceStubs stubs;
  private static WorkflowClient client;

  private final List<String> steps = Collections.synchronizedList(new ArrayList<>());

  @BeforeAll
  static void start() throws IOException {
    temporal = LocalTemporal.temporary();
    stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget(temporal.address()).build());
    client =
        WorkflowClient.newInstance(
            stubs,
            WorkflowClientOptions.newBuilder()
                .setDataConverter(
                    new DefaultDataConverter(
                        new NullPayloadConverter(), new ProtobufPayloadConverter()))
                .build());
  }

  @AfterAll
  static void stop() throws IOException {
    stubs.shutdownNow();
    temporal.close();
  }

  /** Fails as often as asked before it does anything. */
  private final class Commands implements CommandActivities {
    private int failures;

    Commands(int failures) {
      this.failures = failures;
    }

    @Override
    public void execute(SubmittedCommand command) {
      if (failures-- > 0) {
        steps.add("failed");
        throw new IllegalStateException("not now");
      }
      steps.add("executed");
    }

    @Override
    public void giveUp(SubmittedCommand command) {
      steps.add("given up");
    }
  }

  /**
   * Rejects one payment, or finds the settlement cancelled when it is to end for the first time.
   */
  private final class Settlements implements SettlementActivities {
    private final int rejected;
    private boolean cancelled;

    Settlements(int rejected, boolean cancelled) {
      this.rejected = rejected;
      this.cancelled = cancelled;
    }

    @Override
    public SettlementStepResult process(SettlementPayment payment) {
      steps.add("process " + payment.getIndex());
      return SettlementStepResult.newBuilder().setAccepted(payment.getIndex() != rejected).build();
    }

    @Override
    public void refund(SettlementPayment payment) {
      steps.add("refund " + payment.getIndex());
    }

    @Override
    public SettlementStepResult end(SubmittedSettlement settlement) {
      steps.add("end");
      boolean ended = !cancelled;
      cancelled = false;
      return SettlementStepResult.newBuilder().setAccepted(ended).build();
    }
  }

  /** Has so many chunks, the second of which fails once. */
  private final class Imports implements ImportActivities {
    private final int chunks;
    private int executed;
    private boolean failed;

    Imports(int chunks) {
      this.chunks = chunks;
    }

    @Override
    public ImportStepResult executeNext(StartedImport started) {
      if (executed == 1 && !failed) {
        failed = true;
        steps.add("failed");
        throw new IllegalStateException("not now");
      }
      executed++;
      steps.add(started.getImportId() + " " + executed);
      return ImportStepResult.newBuilder().setMore(executed < chunks).build();
    }
  }

  private static SubmittedCommand command(int seconds) {
    return SubmittedCommand.newBuilder()
        .setOrganizationId("acme")
        .setRequestId("r")
        .setExecutionTimeout(Duration.newBuilder().setSeconds(seconds))
        .build();
  }

  private static SubmittedSettlement settlement() {
    return SubmittedSettlement.newBuilder()
        .setOrganizationId("acme")
        .setRequestId("r")
        .setPayments(4)
        .build();
  }

  /** Runs a workflow to its end, and replays what it did. */
  private void run(String type, Object input, Object activities, Class<?> workflow, String name)
      throws Exception {
    String queue = UUID.randomUUID().toString();
    WorkerFactory workers = WorkerFactory.newInstance(client);
    Worker worker = workers.newWorker(queue);
    worker.registerWorkflowImplementationTypes(
        CommandWorkflowImpl.class, SettlementWorkflowImpl.class, ImportWorkflowImpl.class);
    (activities instanceof ImportActivities
            ? workers.newWorker(queue + ImportWorkflowImpl.TASK_QUEUE_SUFFIX)
            : worker)
        .registerActivitiesImplementations(activities);
    workers.start();
    try {
      WorkflowStub stub =
          client.newUntypedWorkflowStub(
              type, WorkflowOptions.newBuilder().setWorkflowId(queue).setTaskQueue(queue).build());
      stub.start(input);
      stub.getResult(Void.class);
    } finally {
      workers.shutdownNow();
    }
    WorkflowExecutionHistory history = client.fetchHistory(queue);
    if (Boolean.getBoolean("payments.histories.record")) {
      Path file = HISTORIES.resolve(name + ".json");
      if (!Files.exists(file)) {
        Files.writeString(file, history.toJson(true));
      }
    }
    WorkflowReplayer.replayWorkflowExecution(history, workflow);
  }

  @Test
  void aCommandIsTriedUntilItIsDecided() throws Exception {
    run(
        "ExecuteCommand",
        command(60),
        new Commands(3),
        CommandWorkflowImpl.class,
        "command-executed");
    assertThat(steps).containsExactly("failed", "failed", "failed", "executed");
  }

  /** Waits until a workflow has waited for an activity for longer than the second that it has. */
  private static void awaitOutOfTime(WorkflowClient of, String workflowId) {
    eventually(
        "it has waited for an activity",
        () ->
            of.fetchHistory(workflowId).getEvents().stream()
                .filter(it -> it.getEventType() == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
                .map(it -> it.getEventTime())
                .map(it -> Instant.ofEpochSecond(it.getSeconds(), it.getNanos()))
                .anyMatch(it -> it.plusMillis(1_300).isBefore(Instant.now())));
  }

  @Test
  void aCommandThatWaitsForAWorkerForLongerThanItsTimeIsExecuted() throws Exception {
    String queue = UUID.randomUUID().toString();
    WorkflowStub stub =
        client.newUntypedWorkflowStub(
            "ExecuteCommand",
            WorkflowOptions.newBuilder().setWorkflowId(queue).setTaskQueue(queue).build());
    WorkerFactory deciders = WorkerFactory.newInstance(client);
    deciders.newWorker(queue).registerWorkflowImplementationTypes(CommandWorkflowImpl.class);
    WorkerFactory workers = WorkerFactory.newInstance(client);
    workers.newWorker(queue).registerActivitiesImplementations(new Commands(0));
    deciders.start();
    try {
      stub.start(command(1));
      // All workers are busy meanwhile.
      awaitOutOfTime(client, queue);
      workers.start();
      stub.getResult(Void.class);
    } finally {
      workers.shutdownNow();
      deciders.shutdownNow();
    }
    assertThat(steps).containsExactly("executed");
  }

  @Test
  void allPaymentsOfAnInvoiceAreProcessed() throws Exception {
    run(
        "SettleInvoice",
        settlement(),
        new Settlements(-1, false),
        SettlementWorkflowImpl.class,
        "invoice-settled");
    assertThat(steps).containsExactly("process 0", "process 1", "process 2", "process 3", "end");
  }

  @Test
  void thoseProcessedBeforeARejectionAreRefundedTheLastFirst() throws Exception {
    run(
        "SettleInvoice",
        settlement(),
        new Settlements(2, false),
        SettlementWorkflowImpl.class,
        "invoice-compensated");
    assertThat(steps)
        .containsExactly("process 0", "process 1", "process 2", "refund 1", "refund 0", "end");
  }

  @Test
  void thoseOfASettlementThatIsFoundCancelledAtItsEndAreRefunded() throws Exception {
    run(
        "SettleInvoice",
        settlement(),
        new Settlements(-1, true),
        SettlementWorkflowImpl.class,
        "invoice-cancelled");
    assertThat(steps)
        .containsExactly(
            "process 0",
            "process 1",
            "process 2",
            "process 3",
            "end",
            "refund 3",
            "refund 2",
            "refund 1",
            "refund 0",
            "end");
  }

  @Test
  void anImportIsExecutedChunkAfterChunk() throws Exception {
    run(
        "ExecuteImport",
        StartedImport.newBuilder().setImportId("i").build(),
        new Imports(3),
        ImportWorkflowImpl.class,
        "import-executed");
    assertThat(steps).containsExactly("i 1", "failed", "i 2", "i 3");
  }

  @Test
  void aLongImportGoesOnInANewRun() throws Exception {
    int chunks = ImportWorkflowImpl.RUN_CHUNKS_MAX + 2;
    run(
        "ExecuteImport",
        StartedImport.newBuilder().setImportId("i").build(),
        new Imports(chunks),
        ImportWorkflowImpl.class,
        "import-goes-on");
    assertThat(steps).hasSize(chunks + 1).endsWith("i " + chunks);
  }

  @ParameterizedTest
  @ValueSource(strings = {"import-executed", "import-goes-on"})
  void importsThatAreUnderWayGoOn(String history) throws Exception {
    WorkflowReplayer.replayWorkflowExecutionFromResource(
        "histories/" + history + ".json", ImportWorkflowImpl.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"command-executed", "command-expired", "command-timed-out"})
  void commandsThatAreUnderWayGoOn(String history) throws Exception {
    WorkflowReplayer.replayWorkflowExecutionFromResource(
        "histories/" + history + ".json", CommandWorkflowImpl.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"invoice-settled", "invoice-compensated", "invoice-cancelled"})
  void settlementsThatAreUnderWayGoOn(String history) throws Exception {
    WorkflowReplayer.replayWorkflowExecutionFromResource(
        "histories/" + history + ".json", SettlementWorkflowImpl.class);
  }
}
