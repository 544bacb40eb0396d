package com.gyroscops.payments.write.app;

/** The time between NOT_SERVING and the end of calls. */
@FunctionalInterface
public interface DrainNotice {

  /** Returns when it is over. */
  void await() throws InterruptedException;
}
