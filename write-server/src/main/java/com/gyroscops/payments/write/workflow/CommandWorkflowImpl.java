package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.SubmittedCommand;
import io.temporal.failure.ActivityFailure;
import io.temporal.workflow.Workflow;

/**
 * {@link CommandWorkflow}: attempts until the submission has ended.
 *
 * <p>No time-out of the engine's bounds them, for those count how long an activity waits for a
 * worker. The submission's time runs from when it was first taken up, which its row alone knows:
 * the attempt that finds it passed gives the submission up.
 */
public final class CommandWorkflowImpl implements CommandWorkflow {

  @Override
  public void execute(SubmittedCommand command) {
    CommandActivities attempts =
        Workflow.newActivityStub(CommandActivities.class, Retries.UNTIL_DONE);
    try {
      attempts.execute(command);
    } catch (ActivityFailure e) {
      // Only of activities that an earlier version scheduled, with a time-out of the engine's.
      attempts.giveUp(command);
    }
  }
}
