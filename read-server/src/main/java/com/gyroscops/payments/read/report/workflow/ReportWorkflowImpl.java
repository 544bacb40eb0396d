package com.gyroscops.payments.read.report.workflow;

import com.gyroscops.payments.workflow.v1.SubmittedReport;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.failure.ActivityFailure;
import io.temporal.workflow.Workflow;
import java.time.Duration;

/**
 * {@link ReportWorkflow}: attempts, each going on with the last one, until the report has ended.
 *
 * <p>No time-out of the engine's bounds them all, for that would count how long an attempt waits
 * for a worker. A report's time runs from its first attempt, and the attempt that has used it up
 * gives the report up.
 */
public final class ReportWorkflowImpl implements ReportWorkflow {

  /** Silence after which an attempt counts as dead, and another one begins. */
  static final Duration HEARTBEAT_MAX = Duration.ofSeconds(10);

  /** Longest time that giving up may take: twice what the database's time-outs allow. */
  private static final Duration GIVE_UP_MAX = Duration.ofSeconds(60);

  private static final RetryOptions RETRIES =
      RetryOptions.newBuilder()
          .setInitialInterval(Duration.ofMillis(200))
          .setBackoffCoefficient(2)
          .setMaximumInterval(Duration.ofSeconds(10))
          .build();

  @Override
  public void write(SubmittedReport report) {
    ReportActivities attempts =
        Workflow.newActivityStub(
            ReportActivities.class,
            ActivityOptions.newBuilder()
                .setStartToCloseTimeout(Duration.ofSeconds(report.getTimeMax().getSeconds()))
                .setHeartbeatTimeout(HEARTBEAT_MAX)
                .setRetryOptions(RETRIES)
                .build());
    try {
      attempts.write(report);
    } catch (ActivityFailure e) {
      // Only of attempts that an earlier version bounded by the engine's clock.
      Workflow.newActivityStub(
              ReportActivities.class,
              ActivityOptions.newBuilder()
                  .setStartToCloseTimeout(GIVE_UP_MAX)
                  .setRetryOptions(RETRIES)
                  .build())
          .giveUp(report);
    }
  }
}
