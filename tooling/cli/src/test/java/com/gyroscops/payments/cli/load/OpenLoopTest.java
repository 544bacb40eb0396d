package com.gyroscops.payments.cli.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenLoopTest {

  private static final long MILLI = 1_000_000;

  private long now = 7;

  private OpenLoop loop(int perSecond) {
    return new OpenLoop(perSecond, () -> now, nanos -> now += nanos);
  }

  @Test
  void arrivalsComeAtAConstantRate() {
    List<Long> times = new ArrayList<>();

    loop(500)
        .run(
            4,
            (_, due) -> {
              assertThat(due).isEqualTo(now);
              times.add(now);
            });

    assertThat(times).containsExactly(7L, 7 + 2 * MILLI, 7 + 4 * MILLI, 7 + 6 * MILLI);
  }

  @Test
  void aStallHoldsArrivalsUpButLeavesThemDueWhenTheyWere() {
    List<Long> due = new ArrayList<>();
    List<Long> sent = new ArrayList<>();

    loop(1_000)
        .run(
            5,
            (index, at) -> {
              due.add(at - 7);
              sent.add(now - 7);
              if (index == 1) {
                now += 2_500_000;
              }
            });

    assertThat(due).containsExactly(0L, MILLI, 2 * MILLI, 3 * MILLI, 4 * MILLI);
    assertThat(sent).containsExactly(0L, MILLI, 3_500_000L, 3_500_000L, 4 * MILLI);
  }

  @Test
  void aSleeperThatWakesEarlyIsAskedAgain() {
    List<Long> sent = new ArrayList<>();

    new OpenLoop(1_000, () -> now, nanos -> now += Math.min(nanos, 300_000))
        .run(3, (_, _) -> sent.add(now - 7));

    assertThat(sent).containsExactly(0L, MILLI, 2 * MILLI);
  }

  @Test
  void noErrorAddsUpWhereTheRateDividesNoSecond() {
    assertThat(loop(3).offsetNanos(3_000_000)).isEqualTo(1_000_000 * 1_000_000_000L);
    assertThat(loop(2_000).arrivals(Duration.ofMillis(1_500))).isEqualTo(3_000);
  }

  @Test
  void aRateIsPositive() {
    assertThatThrownBy(() -> loop(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
