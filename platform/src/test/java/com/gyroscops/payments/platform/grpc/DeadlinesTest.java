package com.gyroscops.payments.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class DeadlinesTest {

  private static final Duration MAX = Duration.ofMinutes(1);

  @Test
  void without_a_deadline_there_is_time_for_everything() {
    assertThat(Deadlines.leftNanos(Context.ROOT, MAX)).isEqualTo(MAX.toNanos());
    assertThat(Deadlines.isOver(Context.ROOT)).isFalse();
  }

  @Test
  void a_call_has_the_time_to_its_deadline() {
    try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        Context.CancellableContext call =
            Context.ROOT.withDeadline(Deadline.after(30, TimeUnit.SECONDS), timer)) {
      assertThat(Deadlines.leftNanos(call, MAX)).isBetween(1L, Duration.ofSeconds(30).toNanos());
      assertThat(Deadlines.isOver(call)).isFalse();
    }
  }

  @Test
  void a_share_is_over_though_nobody_has_cancelled_it_yet() {
    try (Context.CancellableContext work =
        Deadlines.share(Deadline.after(0, TimeUnit.NANOSECONDS))) {
      assertThat(work.isCancelled()).isFalse();
      assertThat(Deadlines.isOver(work)).isTrue();
      assertThat(Deadlines.leftNanos(work, MAX)).isNotPositive();
    }
  }

  @Test
  void a_share_ends_with_the_call_at_the_latest() throws Exception {
    try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        Context.CancellableContext call =
            Context.ROOT.withDeadline(Deadline.after(30, TimeUnit.SECONDS), timer)) {
      Context.CancellableContext work =
          call.call(() -> Deadlines.share(Deadline.after(MAX.toNanos(), TimeUnit.NANOSECONDS)));
      assertThat(Deadlines.leftNanos(work, MAX)).isLessThanOrEqualTo(30_000_000_000L);
      work.close();
    }
  }

  @Test
  void work_that_is_cancelled_is_over_with_time_left() {
    Context.CancellableContext work =
        Deadlines.share(Deadline.after(MAX.toNanos(), TimeUnit.NANOSECONDS));
    assertThat(Deadlines.isOver(work)).isFalse();

    work.close();

    assertThat(Deadlines.isOver(work)).isTrue();
    assertThat(Deadlines.leftNanos(work, MAX)).isPositive();
  }
}
