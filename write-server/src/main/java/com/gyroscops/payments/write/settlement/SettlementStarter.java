package com.gyroscops.payments.write.settlement;

import com.gyroscops.payments.write.submission.WorkflowsUnavailableException;

/** Has a workflow engine carry out a settlement. For concurrent use. */
@FunctionalInterface
public interface SettlementStarter {

  /**
   * Starts a settlement's workflow unless it is running. Blocks for a few seconds at most.
   *
   * @throws WorkflowsUnavailableException if the engine does not answer
   */
  void start(Settlement settlement);
}
