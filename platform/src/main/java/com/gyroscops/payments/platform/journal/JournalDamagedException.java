package com.gyroscops.payments.platform.journal;

import java.io.Serial;

/** A journal is not what was written. */
public final class JournalDamagedException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  private final transient Fault fault;

  public JournalDamagedException(Fault fault) {
    super(fault.toString());
    this.fault = fault;
  }

  /** What is wrong. */
  public Fault fault() {
    return fault;
  }
}
