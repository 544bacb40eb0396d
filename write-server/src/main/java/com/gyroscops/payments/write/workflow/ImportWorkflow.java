package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.StartedImport;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Executes an import. */
@WorkflowInterface
public interface ImportWorkflow {

  /** Ends once the import has. */
  @WorkflowMethod(name = "ExecuteImport")
  void execute(StartedImport started);
}
