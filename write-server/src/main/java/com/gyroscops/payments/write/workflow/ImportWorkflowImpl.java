package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.StartedImport;
import io.temporal.activity.ActivityOptions;
import io.temporal.workflow.Workflow;

/**
 * {@link ImportWorkflow}: chunk after chunk, until none is left. There is no time-out: an import
 * that was started is brought to an end.
 */
public final class ImportWorkflowImpl implements ImportWorkflow {

  /** Chunks of one run; then it goes on in a new one, so that no history grows without bound. */
  static final int RUN_CHUNKS_MAX = 200;

  /**
   * Of the task queue of its steps, after the workflow's. They have one of their own because each
   * brings hundreds of commands: a server takes few at a time, and those that wait there cost
   * nothing.
   */
  static final String TASK_QUEUE_SUFFIX = "-imports";

  private final ImportActivities steps =
      Workflow.newActivityStub(
          ImportActivities.class,
          ActivityOptions.newBuilder(Retries.UNTIL_DONE)
              .setTaskQueue(Workflow.getInfo().getTaskQueue() + TASK_QUEUE_SUFFIX)
              .build());

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
