package com.gyroscops.payments.platform.config;

import java.util.Optional;

/** Why a server does not start, in one line for people that tells no secret. */
public final class NotStartedException extends Exception {

  /** Ends a process whose environment must be changed before it can start: sysexits' EX_CONFIG. */
  public static final int MISCONFIGURED = 78;

  /**
   * Ends a process that lacks something which others may give back, such as a port: sysexits'
   * EX_UNAVAILABLE.
   */
  public static final int UNAVAILABLE = 69;

  private static final long serialVersionUID = 1L;

  private final int exitCode;

  private NotStartedException(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  static NotStartedException misconfigured(String message) {
    return new NotStartedException(message, MISCONFIGURED);
  }

  static NotStartedException unavailable(String message) {
    return new NotStartedException(message, UNAVAILABLE);
  }

  /**
   * What kept a server from starting whose variables are right one by one and make no sense
   * together: an {@link IllegalArgumentException} at the root says so, and names them.
   *
   * @return empty: it failed for something else
   */
  public static Optional<NotStartedException> ofSettings(Throwable failure) {
    Throwable root = root(failure);
    return root instanceof IllegalArgumentException
        ? Optional.of(misconfigured(String.valueOf(root.getMessage())))
        : Optional.empty();
  }

  /** What a failure began with. */
  public static Throwable root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  /** What the process ends with. */
  public int exitCode() {
    return exitCode;
  }
}
