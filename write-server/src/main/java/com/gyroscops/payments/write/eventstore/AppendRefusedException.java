package com.gyroscops.payments.write.eventstore;

import java.io.Serial;

/** The store refuses a batch because of what is in it; nothing of it was stored. */
public final class AppendRefusedException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  public AppendRefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
