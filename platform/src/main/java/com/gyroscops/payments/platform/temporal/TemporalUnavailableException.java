package com.gyroscops.payments.platform.temporal;

/** Temporal does not answer, or refuses for a reason that may pass. */
public final class TemporalUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  TemporalUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
