package com.gyroscops.payments.platform.config;

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

  /** What the process ends with. */
  public int exitCode() {
    return exitCode;
  }
}
