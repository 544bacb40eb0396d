package com.gyroscops.payments.read.app;

import com.gyroscops.payments.read.report.ReportCleaning;
import com.gyroscops.payments.read.report.ReportStoreUnavailableException;
import com.gyroscops.payments.read.report.Reports;
import io.micronaut.context.annotation.Context;
import io.micronaut.scheduling.annotation.Scheduled;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done for reports from time to time. Each task runs apart from the others. */
@Context // At once, not by its first task.
final class ScheduledReportMaintenance {

  private static final Logger LOG = LoggerFactory.getLogger(ScheduledReportMaintenance.class);

  private final Reports reports;
  private final ReportCleaning cleaning;
  private final AtomicBoolean told = new AtomicBoolean();

  ScheduledReportMaintenance(Reports reports, ReportCleaning cleaning) {
    this.reports = reports;
    this.cleaning = cleaning;
  }

  @Scheduled(fixedDelay = "1s", initialDelay = "2s")
  void startWorkflows() {
    attempt(reports::sweep);
  }

  @Scheduled(fixedDelay = "5s", initialDelay = "2s")
  void countReports() {
    attempt(reports::count);
  }

  @Scheduled(fixedDelay = "${read-server.reports.clean-every}", initialDelay = "10s")
  void removeOld() {
    attempt(cleaning::run);
  }

  /** An outage is told once, however many tasks it keeps from being done. */
  private void attempt(Runnable task) {
    try {
      task.run();
      told.set(false);
    } catch (ReportStoreUnavailableException e) {
      if (!told.getAndSet(true)) {
        LOG.warn("reports are looked after later: {}", e.getMessage());
      }
    }
  }
}
