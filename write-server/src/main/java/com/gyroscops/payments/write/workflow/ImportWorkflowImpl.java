package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.StartedImport;
import io.temporal.workflow.Workflow;

/**
 * {@link ImportWorkflow}: chunk after chunk, until none is left. There is no time-out: an import
 * that was started is brought to an end.
 */
public final class ImportWorkflowImpl implements ImportWorkflow {

  /** Chunks of one run; then it goes on in a new one, so that no history grows without bound. */
  static final int RUN_CHUNKS_MAX = 200;

  private final ImportActivities steps =
      Workflow.newActivityStub(ImportActivities.class, Retries.UNTIL_DONE);

  @Override
  public void execute(StartedImport started) {
    for (int chunk = 0; chunk < RUN_CHUNKS_MAX; chunk++) {
      if (!steps.executeNext(started).getMore()) {
        return;
      }
    }
    Workflow.continueAsNew(started);
  }
}
