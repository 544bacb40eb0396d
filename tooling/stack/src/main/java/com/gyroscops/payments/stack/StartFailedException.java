package com.gyroscops.payments.stack;

/** What keeps a stack from coming up, in words for the user. */
final class StartFailedException extends Exception {
  private static final long serialVersionUID = 1;

  StartFailedException(String message) {
    super(message);
  }

  StartFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
