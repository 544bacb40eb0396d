package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.SubmittedCommand;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Executes a submitted command. */
@WorkflowInterface
public interface CommandWorkflow {

  /** Ends when the submission has ended. */
  @WorkflowMethod(name = "ExecuteCommand")
  void execute(SubmittedCommand command);
}
