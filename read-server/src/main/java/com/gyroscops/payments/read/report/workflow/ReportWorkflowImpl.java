package com.gyroscops.payments.read.report.workflow;

import com.gyroscops.payments.workflow.v1.SubmittedReport;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.failure.ActivityFailure;
import io.temporal.workflow.Workflow;
import java.time.Duration;

/**
 * {@link ReportWorkflow}: attempts, each going on with the last one; out of time it is given up.
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
                .setScheduleToCloseTimeout(Duration.ofSeconds(report.getTimeMax().getSeconds()))
                .setHeartbeatTimeout(HEARTBEAT_MAX)
                .setRetryOptions(RETRIES)
                .build());
    try {
      attempts.write(report);
    } catch (ActivityFailure e) {
      // An attempt may still be under way somewhere; whichever ends the report first stands.
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
