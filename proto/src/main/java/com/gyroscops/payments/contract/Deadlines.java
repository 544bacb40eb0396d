package com.gyroscops.payments.contract;

import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What is left of a call's time. */
public final class Deadlines {

  private Deadlines() {}

  /**
   * How long a call may wait for something.
   *
   * @param deadline of the call; null: it has none
   * @param margin for the answer to arrive in time
   * @return at most {@code max}; negative where the time is over
   */
  public static Duration left(@Nullable Deadline deadline, Duration margin, Duration max) {
    if (deadline == null) {
      return max;
    }
    Duration left = Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS)).minus(margin);
    return left.compareTo(max) < 0 ? left : max;
  }
}
