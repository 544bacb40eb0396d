package com.gyroscops.payments.read.report;

/** The store of reports does not answer. */
public final class ReportStoreUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public ReportStoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
