package com.gyroscops.payments.read.report;

import java.util.UUID;

/** Has a workflow engine write reports. For concurrent use. */
public interface ReportStarter {

  /**
   * Asks the engine whether it is there. Blocks for a few seconds at most.
   *
   * @throws WorkflowsUnavailableException if not
   */
  void check();

  /**
   * Starts the workflow of a report unless it is running. Blocks for a few seconds at most.
   *
   * @throws WorkflowsUnavailableException if the engine does not take it
   */
  void start(UUID id);
}
