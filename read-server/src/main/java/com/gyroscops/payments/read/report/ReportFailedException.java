package com.gyroscops.payments.read.report;

import com.gyroscops.payments.v1.ReportError;

/** A report cannot be written, now or later. */
final class ReportFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient ReportError error;

  ReportFailedException(ReportError error) {
    super(error.getReason() + ": " + error.getMessage());
    this.error = error;
  }

  ReportError error() {
    return error;
  }
}
