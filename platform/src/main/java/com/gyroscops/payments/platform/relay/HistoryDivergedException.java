package com.gyroscops.payments.platform.relay;

import java.io.Serial;

/**
 * A sink is of another log, or holds what the log has lost: nothing of the log may be applied to
 * it.
 */
public final class HistoryDivergedException extends SinkRefusedException {

  @Serial private static final long serialVersionUID = 1;

  public HistoryDivergedException(String what) {
    super(what);
  }
}
