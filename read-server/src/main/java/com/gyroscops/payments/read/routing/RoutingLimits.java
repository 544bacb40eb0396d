package com.gyroscops.payments.read.routing;

import java.time.Duration;

/**
 * How long a read waits for sources.
 *
 * @param waitMax longest wait for a source to catch up; it is usually a few milliseconds behind
 * @param patienceMax likewise of a read for which an error would only mean to be asked again: the
 *     log cannot be asked instead, and a source is behind for a moment, being busy
 * @param budgetMax longest that a source is waited for while there are others to ask, however far
 *     the deadline; not for analytics, which may take long
 * @param slow a source that takes longer than this, and does not answer, fails: callers differ in
 *     patience
 */
record RoutingLimits(Duration waitMax, Duration patienceMax, Duration budgetMax, Duration slow) {

  /**
   * Patience is longer than a busy source is behind; a budget is hundreds of times what a usual
   * answer takes.
   */
  static RoutingLimits usual() {
    return new RoutingLimits(
        Duration.ofMillis(200),
        Duration.ofSeconds(2),
        Duration.ofSeconds(2),
        Duration.ofMillis(500));
  }
}
