package com.gyroscops.payments.read;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.assertj.core.api.Assertions;

/** Waits, within bounds, for what another thread will bring about. */
public final class Eventually {

  private static final Duration MAX = Duration.ofSeconds(30);
  private static final long POLL_MILLIS = 10;

  private Eventually() {}

  public static void eventually(String what, Callable<Boolean> condition) throws Exception {
    long until = System.nanoTime() + MAX.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() - until > 0) {
        Assertions.fail("did not happen within %s: %s", MAX, what);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }
}
