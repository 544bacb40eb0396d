package com.gyroscops.payments.read.report;

/** An attempt cannot go on now, for a reason that passes: another one goes on later. */
public final class ReportInterruptedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ReportInterruptedException(String message) {
    super(message);
  }

  ReportInterruptedException(String message, Throwable cause) {
    super(message, cause);
  }
}
