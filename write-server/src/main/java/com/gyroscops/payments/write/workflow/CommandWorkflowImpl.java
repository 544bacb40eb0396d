package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.SubmittedCommand;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.failure.ActivityFailure;
import io.temporal.workflow.Workflow;
import java.time.Duration;

/** {@link CommandWorkflow}: execute until it is decided or its time has passed; then give it up. */
public final class CommandWorkflowImpl implements CommandWorkflow {

  @Override
  public void execute(SubmittedCommand command) {
    Duration timeout = Duration.ofSeconds(command.getExecutionTimeout().getSeconds());
    CommandActivities attempts =
        Workflow.newActivityStub(
            CommandActivities.class,
            ActivityOptions.newBuilder()
                .setStartToCloseTimeout(Retries.ATTEMPT_MAX)
                .setScheduleToCloseTimeout(timeout)
                .setRetryOptions(
                    RetryOptions.newBuilder(Retries.OPTIONS)
                        .setDoNotRetry(CommandActivities.EXPIRED)
                        .build())
                .build());
    try {
      attempts.execute(command);
    } catch (ActivityFailure e) {
      // Out of time. An attempt may still be under way somewhere; whichever is stored first stands.
      Workflow.newActivityStub(CommandActivities.class, Retries.UNTIL_DONE).giveUp(command);
    }
  }
}
