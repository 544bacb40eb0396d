package com.gyroscops.payments.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class RestarterTest {

  @Test
  void delays_double_up_to_their_limit_and_begin_anew_after_a_steady_time() {
    Restarter.Delays delays = new Restarter.Delays();
    long now = 0;
    List<Long> seconds = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      seconds.add(delays.ended(now).toSeconds());
      delays.restarted(now);
    }
    assertThat(seconds).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L);

    now += Restarter.STEADY_AFTER.toNanos() - 1;
    assertThat(delays.ended(now)).isEqualTo(Restarter.DELAY_MAX);
    delays.restarted(now);
    now += Restarter.STEADY_AFTER.toNanos();
    assertThat(delays.ended(now)).isEqualTo(Restarter.DELAY_MIN);
    delays.restarted(now);
    assertThat(delays.ended(now)).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void an_attempt_that_fails_is_no_steady_time_however_long_it_took() {
    Restarter.Delays delays = new Restarter.Delays();
    long now = 0;
    assertThat(delays.ended(now)).isEqualTo(Restarter.DELAY_MIN);
    now += 2 * Restarter.STEADY_AFTER.toNanos();
    assertThat(delays.ended(now)).isEqualTo(Duration.ofSeconds(2));
    now += 2 * Restarter.STEADY_AFTER.toNanos();
    assertThat(delays.ended(now)).isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void a_stop_interrupts_what_is_being_started() throws Exception {
    Restarter restarter = new Restarter(_ -> {});
    CountDownLatch starting = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    restarter.ended(
        "redis",
        "redis ended by itself",
        () -> {
          starting.countDown();
          try {
            Thread.sleep(Duration.ofHours(1));
            return true;
          } catch (InterruptedException _) {
            interrupted.countDown();
            return false;
          }
        });
    assertThat(starting.await(60, TimeUnit.SECONDS)).isTrue();

    restarter.stop();

    assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void one_that_is_switched_off_starts_nothing_and_says_who_does() {
    List<String> events = new ArrayList<>();
    Restarter restarter = new Restarter(events::add);
    restarter.enable(false);
    restarter.ended(
        "redis",
        "redis ended by itself",
        () -> {
          throw new AssertionError("it was started");
        });
    assertThat(events).containsExactly("redis ended by itself; ./payments up starts it again");
    assertThat(restarter.restarts("redis")).isZero();
  }
}
