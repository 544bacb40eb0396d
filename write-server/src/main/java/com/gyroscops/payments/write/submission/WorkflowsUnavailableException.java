package com.gyroscops.payments.write.submission;

/** The workflow engine does not answer. What it should do is asked of it again. */
public final class WorkflowsUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public WorkflowsUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
