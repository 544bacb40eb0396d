package com.gyroscops.payments.read.report;

/** The workflow engine does not answer. */
public final class WorkflowsUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public WorkflowsUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
