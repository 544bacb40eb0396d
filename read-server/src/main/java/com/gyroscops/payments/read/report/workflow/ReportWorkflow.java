package com.gyroscops.payments.read.report.workflow;

import com.gyroscops.payments.workflow.v1.SubmittedReport;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Writes a report. */
@WorkflowInterface
public interface ReportWorkflow {

  /** Ends when the report has ended. */
  @WorkflowMethod(name = "WriteReport")
  void write(SubmittedReport report);
}
