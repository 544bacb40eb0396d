package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.SubmittedCommand;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** Steps of {@link CommandWorkflow}. Each may run any number of times, at once and late. */
@ActivityInterface
public interface CommandActivities {

  /**
   * Executes the command, or gives it up if its time has passed by the clock of where submissions
   * are kept; fails if it was not decided.
   */
  @ActivityMethod(name = "ExecuteCommandOnce")
  void execute(SubmittedCommand command);

  /**
   * The same. Workflows that were begun by an earlier version come here once the workflow engine's
   * clock has it that time has passed; but that counts the wait for a worker too.
   */
  @ActivityMethod(name = "GiveCommandUp")
  void giveUp(SubmittedCommand command);
}
