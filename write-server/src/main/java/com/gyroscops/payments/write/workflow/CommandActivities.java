package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.SubmittedCommand;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** Steps of {@link CommandWorkflow}. Each may run any number of times, at once and late. */
@ActivityInterface
public interface CommandActivities {

  /** Type of the failure that ends the attempts: the submission's time has passed. */
  String EXPIRED = "Expired";

  /** Validates and executes the command; fails if it was not decided. */
  @ActivityMethod(name = "ExecuteCommandOnce")
  void execute(SubmittedCommand command);

  /** Ends the submission as given up. */
  @ActivityMethod(name = "GiveCommandUp")
  void giveUp(SubmittedCommand command);
}
