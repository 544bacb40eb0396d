package com.gyroscops.payments.write.imports;

import com.gyroscops.payments.write.submission.WorkflowsUnavailableException;

/** Has a workflow engine carry out an import. For concurrent use. */
@FunctionalInterface
public interface ImportStarter {

  /**
   * Starts an import's workflow unless it is running. Blocks for a few seconds at most.
   *
   * @throws WorkflowsUnavailableException if the engine does not answer
   */
  void start(String importId);
}
