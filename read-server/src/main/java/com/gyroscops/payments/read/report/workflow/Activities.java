package com.gyroscops.payments.read.report.workflow;

import com.gyroscops.payments.read.report.ReportExecutor;
import com.gyroscops.payments.workflow.v1.SubmittedReport;
import io.temporal.activity.Activity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;

/** The activities, each a call of who does the work. Anything thrown is tried again. */
final class Activities implements ReportActivities {

  private final ReportExecutor executor;

  Activities(ReportExecutor executor) {
    this.executor = executor;
  }

  @Override
  public void write(SubmittedReport report) {
    try (Heartbeats heartbeats = Heartbeats.start(Activity.getExecutionContext())) {
      executor.write(UUID.fromString(report.getReportId()), heartbeats);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void giveUp(SubmittedReport report) {
    executor.giveUp(UUID.fromString(report.getReportId()));
  }
}
