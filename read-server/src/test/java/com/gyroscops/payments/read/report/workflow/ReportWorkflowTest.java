package com.gyroscops.payments.read.report.workflow;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.gyroscops.payments.platform.temporal.TemporalConnection;
import com.gyroscops.payments.platform.temporal.TemporalSettings;
import com.gyroscops.payments.platform.temporal.TemporalUnavailableException;
import com.gyroscops.payments.stack.engine.LocalTemporal;
import com.gyroscops.payments.workflow.v1.SubmittedReport;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.temporal.activity.Activity;
import io.temporal.api.enums.v1.EventType;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.testing.WorkflowReplayer;
import io.temporal.worker.WorkerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The order of steps, on a real Temporal server with scripted activities; and that histories
 * recorded earlier can still be replayed, as they must be where a report is under way while servers
 * change.
 *
 * <p>{@code -Dpayments.histories.record=true} writes what the tests did to {@code histories/}: for
 * a new path through the workflow. Histories that are there are kept: they are what is under way.
 */
@Tag("engines")
class ReportWorkflowTest {

  private static final Path HISTORIES = Path.of("src/test/resources/histories");

  private static LocalTemporal temporal;

  private final List<String> steps = Collections.synchronizedList(new ArrayList<>());

  @BeforeAll
  static void start() throws IOException {
    temporal = LocalTemporal.temporary();
  }

  @AfterAll
  static void stop() throws IOException {
    temporal.close();
  }

  /** Fails as often as asked before it does anything. */
  private final class Scripted implements ReportActivities {
    private int failures;

    Scripted(int failures) {
      this.failures = failures;
    }

    @Override
    public void write(SubmittedReport report) {
      try (Heartbeats heartbeats = Heartbeats.start(Activity.getExecutionContext())) {
        heartbeats.at(1, 2);
        if (failures-- > 0) {
          steps.add("failed");
          throw new IllegalStateException("not now");
        }
      }
      steps.add("written");
    }

    @Override
    public void giveUp(SubmittedReport report) {
      steps.add("given up");
    }
  }

  private static TemporalConnection connection(String address) {
    return new TemporalConnection(
        new TemporalSettings(address, "default", UUID.randomUUID().toString(), true, null, null),
        "test",
        new SimpleMeterRegistry());
  }

  /** Runs a workflow to its end, and replays what it did. */
  private void run(int seconds, Scripted activities, String name) throws Exception {
    String id = UUID.randomUUID().toString();
    WorkflowExecutionHistory history;
    try (TemporalConnection connection = connection(temporal.address())) {
      connection.work(2, activities, ReportWorkflowImpl.class);
      WorkflowStub stub =
          connection.client().newUntypedWorkflowStub("WriteReport", connection.options(id).build());
      stub.start(
          SubmittedReport.newBuilder()
              .setReportId(id)
              .setTimeMax(Duration.newBuilder().setSeconds(seconds))
              .build());
      stub.getResult(Void.class);
      history = connection.client().fetchHistory(id);
    }
    if (Boolean.getBoolean("payments.histories.record")) {
      Path file = HISTORIES.resolve(name + ".json");
      if (!Files.exists(file)) {
        Files.createDirectories(HISTORIES);
        Files.writeString(file, history.toJson(true));
      }
    }
    WorkflowReplayer.replayWorkflowExecution(history, ReportWorkflowImpl.class);
  }

  @Test
  void aReportIsTriedUntilItIsWritten() throws Exception {
    run(60, new Scripted(2), "report-written");
    assertThat(steps).containsExactly("failed", "failed", "written");
  }

  /** More than an attempt takes on a machine that stands still for a while. */
  private static final int SECONDS_MAX = 4;

  /** Waits until a workflow waits for an activity, and then for longer than that may take. */
  private static void awaitOutOfTime(WorkflowClient of, String workflowId) {
    eventually(
        "it waits for an activity",
        () ->
            of.fetchHistory(workflowId).getEvents().stream()
                .anyMatch(it -> it.getEventType() == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED));
    long outOfTimeNanos =
        System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1_000L * SECONDS_MAX + 300);
    eventually("its time is over", () -> System.nanoTime() - outOfTimeNanos > 0);
  }

  @Test
  void aReportThatWaitsForAWorkerForLongerThanItsTimeIsWritten() throws Exception {
    String id = UUID.randomUUID().toString();
    try (TemporalConnection connection = connection(temporal.address())) {
      WorkflowOptions options = connection.options(id).build();
      WorkerFactory deciders = WorkerFactory.newInstance(connection.client());
      deciders
          .newWorker(options.getTaskQueue())
          .registerWorkflowImplementationTypes(ReportWorkflowImpl.class);
      WorkerFactory workers = WorkerFactory.newInstance(connection.client());
      workers.newWorker(options.getTaskQueue()).registerActivitiesImplementations(new Scripted(0));
      deciders.start();
      try {
        WorkflowStub stub = connection.client().newUntypedWorkflowStub("WriteReport", options);
        stub.start(
            SubmittedReport.newBuilder()
                .setReportId(id)
                .setTimeMax(Duration.newBuilder().setSeconds(SECONDS_MAX))
                .build());
        // All workers are busy meanwhile.
        awaitOutOfTime(connection.client(), id);
        workers.start();
        stub.getResult(Void.class);
      } finally {
        workers.shutdownNow();
        deciders.shutdownNow();
      }
    }
    assertThat(steps).containsExactly("written");
  }

  @ParameterizedTest
  @ValueSource(strings = {"report-written", "report-timed-out"})
  void reportsThatAreUnderWayGoOn(String history) throws Exception {
    WorkflowReplayer.replayWorkflowExecutionFromResource(
        "histories/" + history + ".json", ReportWorkflowImpl.class);
  }

  @Test
  void whetherTemporalIsThereCanBeAsked() {
    try (TemporalConnection there = connection(temporal.address());
        TemporalConnection away = connection("127.0.0.1:1")) {
      there.check();
      Assertions.assertThatThrownBy(away::check).isInstanceOf(TemporalUnavailableException.class);
    }
  }
}
