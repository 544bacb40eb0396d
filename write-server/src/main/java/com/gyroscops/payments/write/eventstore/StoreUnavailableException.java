package com.gyroscops.payments.write.eventstore;

import java.io.Serial;

/** The store does not answer; what became of the operation is unknown. */
public final class StoreUnavailableException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  public StoreUnavailableException(String message) {
    super(message);
  }

  public StoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
