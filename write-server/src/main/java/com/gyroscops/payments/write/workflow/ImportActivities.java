package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.ImportStepResult;
import com.gyroscops.payments.workflow.v1.StartedImport;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** Steps of {@link ImportWorkflow}. Each may run any number of times, at once and late. */
@ActivityInterface
public interface ImportActivities {

  /** Executes the first chunk that has no result, and ends the import with the last. */
  @ActivityMethod(name = "ExecuteImportChunk")
  ImportStepResult executeNext(StartedImport started);
}
