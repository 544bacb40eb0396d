package com.gyroscops.payments.read.report.workflow;

import com.gyroscops.payments.workflow.v1.SubmittedReport;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** Steps of {@link ReportWorkflow}. Each may run any number of times, at once and late. */
@ActivityInterface
public interface ReportActivities {

  /**
   * Makes an attempt to write the report, or gives it up if its time has passed; fails if another
   * is to go on.
   */
  @ActivityMethod(name = "WriteReportChunks")
  void write(SubmittedReport report);

  /** Ends the report as given up if its time has passed, by the clock of where reports are kept. */
  @ActivityMethod(name = "GiveReportUp")
  void giveUp(SubmittedReport report);
}
