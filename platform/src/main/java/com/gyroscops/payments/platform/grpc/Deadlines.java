package com.gyroscops.payments.platform.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is left of a call's time, or of a part of its work's, which may have a share of it. For
 * concurrent use.
 */
public final class Deadlines {

  private static final Context.Key<Deadline> SHARE = Context.key("share-of-deadline");

  private Deadlines() {}

  /**
   * A context within the current one whose work has a share of the time. Whoever waits for the work
   * watches the share, and cancels the context when it is over: a timer would be set, and taken
   * back, for each piece of work, most of which take a millisecond.
   */
  public static Context.CancellableContext share(Deadline share) {
    return Context.current().withValue(SHARE, share).withCancellation();
  }

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

  /** How long the work of a context may wait, in nanoseconds, as {@link #left}. */
  public static long leftNanos(Context work, Duration max) {
    return left(of(work), Duration.ZERO, max).toNanos();
  }

  /** Whether the work of a context has been cancelled, or its time is over. */
  public static boolean isOver(Context work) {
    Deadline deadline = of(work);
    return work.isCancelled() || (deadline != null && deadline.isExpired());
  }

  private static @Nullable Deadline of(Context work) {
    Deadline share = SHARE.get(work);
    Deadline whole = work.getDeadline();
    if (share == null || whole == null) {
      return share == null ? whole : share;
    }
    return share.minimum(whole);
  }
}
