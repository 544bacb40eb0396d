package com.gyroscops.payments.write.submission;

/** Has a workflow engine carry out what was accepted. For concurrent use. */
@FunctionalInterface
public interface WorkflowStarter {

  /**
   * Starts the workflow of a submission unless it is running. Blocks for a few seconds at most.
   *
   * @throws WorkflowsUnavailableException if the engine does not answer
   */
  void start(Submission.Reference submission);
}
