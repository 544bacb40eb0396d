package com.gyroscops.payments.platform.relay;

import java.io.Serial;

/** A sink must not be written to as it is, until somebody changes something; says what. */
public class SinkRefusedException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  public SinkRefusedException(String what) {
    super(what);
  }

  public SinkRefusedException(String what, Throwable cause) {
    super(what, cause);
  }
}
