package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.platform.temporal.TemporalConnection;
import com.gyroscops.payments.platform.temporal.TemporalUnavailableException;
import com.gyroscops.payments.workflow.v1.StartedImport;
import com.gyroscops.payments.workflow.v1.SubmittedCommand;
import com.gyroscops.payments.workflow.v1.SubmittedSettlement;
import com.gyroscops.payments.write.imports.ImportExecutor;
import com.gyroscops.payments.write.imports.ImportStarter;
import com.gyroscops.payments.write.settlement.Settlement;
import com.gyroscops.payments.write.settlement.SettlementExecutor;
import com.gyroscops.payments.write.settlement.SettlementStarter;
import com.gyroscops.payments.write.submission.Submission;
import com.gyroscops.payments.write.submission.SubmissionExecutor;
import com.gyroscops.payments.write.submission.WorkflowStarter;
import com.gyroscops.payments.write.submission.WorkflowsUnavailableException;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import java.time.Duration;

/**
 * This server's side of Temporal: starts workflows, and works on them if it is to. Does not need
 * Temporal to be there when it starts, nor later: workers begin and go on as soon as it is. For
 * concurrent use.
 */
public final class TemporalWorkflows
    implements WorkflowStarter, SettlementStarter, ImportStarter, AutoCloseable {

  /** Most submissions and steps of settlements at once: a fraction of the command queue. */
  private static final int ACTIVITIES_MAX = 256;

  /**
   * Most chunks of imports at once: their rows about fill the command queue, and are done long
   * before a step counts as lost ({@link Retries#ATTEMPT_MAX}).
   */
  private static final int IMPORT_CHUNKS_MAX = 16;

  /** A workflow that has not ended by then is started again from its row. */
  private static final Duration GRACE = Duration.ofMinutes(10);

  private final TemporalConnection connection;

  /**
   * @param connection closed with this
   */
  public TemporalWorkflows(
      TemporalConnection connection,
      SubmissionExecutor submissions,
      SettlementExecutor settlements,
      ImportExecutor imports) {
    this.connection = connection;
    Activities activities = new Activities(submissions, settlements, imports);
    connection.workApart(ImportWorkflowImpl.TASK_QUEUE_SUFFIX, IMPORT_CHUNKS_MAX, activities);
    connection.work(
        ACTIVITIES_MAX,
        activities,
        CommandWorkflowImpl.class,
        SettlementWorkflowImpl.class,
        ImportWorkflowImpl.class);
  }

  @Override
  public void start(Submission.Reference submission) {
    Duration timeout = submission.executionTimeout();
    CommandWorkflow workflow =
        stub(
            CommandWorkflow.class,
            connection
                .options("command/" + submission.organizationId() + "/" + submission.requestId())
                .setWorkflowRunTimeout(timeout.plus(GRACE)));
    SubmittedCommand command =
        SubmittedCommand.newBuilder()
            .setOrganizationId(submission.organizationId())
            .setRequestId(submission.requestId())
            .setExecutionTimeout(
                com.google.protobuf.Duration.newBuilder().setSeconds(timeout.toSeconds()))
            .build();
    start(() -> WorkflowClient.start(workflow::execute, command));
  }

  @Override
  public void start(Settlement settlement) {
    var progress = settlement.progress();
    SettlementWorkflow workflow =
        stub(
            SettlementWorkflow.class,
            connection.options(
                "settlement/" + progress.getOrganizationId() + "/" + progress.getRequestId()));
    SubmittedSettlement submitted =
        SubmittedSettlement.newBuilder()
            .setOrganizationId(progress.getOrganizationId())
            .setRequestId(progress.getRequestId())
            .setPayments(progress.getPaymentsCount())
            .build();
    start(() -> WorkflowClient.start(workflow::settle, submitted));
  }

  @Override
  public void start(String importId) {
    ImportWorkflow workflow = stub(ImportWorkflow.class, connection.options("import/" + importId));
    StartedImport started = StartedImport.newBuilder().setImportId(importId).build();
    start(() -> WorkflowClient.start(workflow::execute, started));
  }

  private <W> W stub(Class<W> workflow, WorkflowOptions.Builder options) {
    return connection.client().newWorkflowStub(workflow, options.build());
  }

  private static void start(Runnable start) {
    try {
      TemporalConnection.start(start);
    } catch (TemporalUnavailableException e) {
      throw new WorkflowsUnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Lets the activities that run end, and disconnects. */
  @Override
  public void close() {
    connection.close();
  }
}
