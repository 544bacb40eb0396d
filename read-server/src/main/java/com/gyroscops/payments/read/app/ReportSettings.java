package com.gyroscops.payments.read.app;

import com.gyroscops.payments.read.report.ReportLimits;
import io.micronaut.context.annotation.ConfigurationProperties;
import java.time.Duration;

/**
 * Where reports are written and how much they may take.
 *
 * @param folder empty: this server writes and has no reports
 * @param bytesMax see {@link ReportLimits}, likewise the others
 */
@ConfigurationProperties("read-server.reports")
record ReportSettings(
    String folder,
    long bytesMax,
    int openMax,
    int runningMax,
    int chunkBytes,
    Duration timeMax,
    Duration retention,
    int downloadsMax) {

  ReportLimits limits() {
    return new ReportLimits(
        bytesMax, openMax, runningMax, chunkBytes, timeMax, retention, downloadsMax);
  }
}
