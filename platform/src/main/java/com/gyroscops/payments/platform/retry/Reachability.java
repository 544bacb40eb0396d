package com.gyroscops.payments.platform.retry;

import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;

/** Whether something answers; logs each change of that once. For concurrent use. */
public final class Reachability {

  private final Logger log;
  private final String lost;
  private final String back;
  private final AtomicBoolean reachable = new AtomicBoolean(true);

  /**
   * @param lost what a warning says, before the reason
   * @param back what is said when it answers again
   */
  public Reachability(Logger log, String lost, String back) {
    this.log = log;
    this.lost = lost;
    this.back = back;
  }

  /** Whether it answered when it was last asked; true before. */
  public boolean isReachable() {
    return reachable.get();
  }

  /** It has answered. */
  public void answered() {
    if (!reachable.get() && reachable.compareAndSet(false, true)) {
      log.info(back);
    }
  }

  /** It has not answered. */
  public void failed(Exception reason) {
    if (reachable.compareAndSet(true, false)) {
      log.warn("{}: {}", lost, reason.getMessage());
    }
  }
}
