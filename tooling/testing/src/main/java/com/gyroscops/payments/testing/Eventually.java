package com.gyroscops.payments.testing;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/**
 * Waits, within bounds, for what another thread will bring about. A question that fails, fails the
 * wait.
 */
public final class Eventually {

  private static final Duration MAX = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(10);

  private Eventually() {}

  public static void eventually(String what, Callable<Boolean> condition) {
    eventually(what, MAX, condition);
  }

  public static void eventually(String what, Duration max, Callable<Boolean> condition) {
    eventually(what, max, POLL, condition);
  }

  public static void eventually(
      String what, Duration max, Duration poll, Callable<Boolean> condition) {
    Awaitility.await(what)
        // A test's other threads fail in ways of their own.
        .dontCatchUncaughtExceptions()
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(poll)
        .atMost(max)
        .until(condition);
  }
}
