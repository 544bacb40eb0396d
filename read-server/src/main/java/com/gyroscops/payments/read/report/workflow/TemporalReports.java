package com.gyroscops.payments.read.report.workflow;

import com.gyroscops.payments.platform.temporal.TemporalConnection;
import com.gyroscops.payments.platform.temporal.TemporalUnavailableException;
import com.gyroscops.payments.read.report.ReportExecutor;
import com.gyroscops.payments.read.report.ReportLimits;
import com.gyroscops.payments.read.report.ReportStarter;
import com.gyroscops.payments.read.report.WorkflowsUnavailableException;
import com.gyroscops.payments.workflow.v1.SubmittedReport;
import io.temporal.client.WorkflowClient;
import java.time.Duration;
import java.util.UUID;

/**
 * This server's side of Temporal: starts workflows, and works on them if it is to. Does not need
 * Temporal to be there when it starts, nor later. For concurrent use.
 */
public final class TemporalReports implements ReportStarter, AutoCloseable {

  /** A workflow that has not ended by then is started again from its row. */
  private static final Duration GRACE = Duration.ofMinutes(10);

  private final TemporalConnection connection;
  private final ReportLimits limits;

  /**
   * @param connection closed with this
   */
  public TemporalReports(
      TemporalConnection connection, ReportExecutor executor, ReportLimits limits) {
    this.connection = connection;
    this.limits = limits;
    connection.work(limits.runningMax(), new Activities(executor), ReportWorkflowImpl.class);
  }

  @Override
  public void check() {
    asked(connection::check);
  }

  @Override
  public void start(UUID id) {
    ReportWorkflow workflow =
        connection
            .client()
            .newWorkflowStub(
                ReportWorkflow.class,
                connection
                    .options("report/" + id)
                    .setWorkflowRunTimeout(limits.timeMax().plus(GRACE))
                    .build());
    SubmittedReport report =
        SubmittedReport.newBuilder()
            .setReportId(id.toString())
            .setTimeMax(
                com.google.protobuf.Duration.newBuilder().setSeconds(limits.timeMax().toSeconds()))
            .build();
    asked(() -> TemporalConnection.start(() -> WorkflowClient.start(workflow::write, report)));
  }

  private static void asked(Runnable question) {
    try {
      question.run();
    } catch (TemporalUnavailableException e) {
      throw new WorkflowsUnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Ends the attempts under way, and disconnects. */
  @Override
  public void close() {
    connection.close();
  }
}
