package com.gyroscops.payments.read.source;

/** The store behind a source does not answer; trying again later can succeed. */
public final class SourceUnavailableException extends Exception {

  private static final long serialVersionUID = 1L;

  public SourceUnavailableException(String message) {
    super(message);
  }

  public SourceUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
