package com.gyroscops.payments.write.submission;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.write.command.CommandErrors;

/** A command was not decided, for a reason that passes: it is executed again later. */
public final class RetryLaterException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param error for which {@link #isPassing} holds
   */
  public RetryLaterException(ApiError error) {
    super(error.reason() + ": " + error.message());
  }

  /** Whether the same command may be decided later: nothing is stored of it. */
  public static boolean isPassing(ApiError error) {
    return error.retryAfter() != null || error.reason().equals(CommandErrors.COMMAND_NOT_STORED);
  }
}
