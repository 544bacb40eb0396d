package com.gyroscops.payments.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class AppliedTimesTest {

  private final AppliedTimes times = new AppliedTimes();

  @Test
  void aPositionIsReachedWhenItOrALaterOneIsFirstSeen() {
    times.seen(10, 100);
    times.seen(20, 200);
    times.seen(21, 300);

    assertThat(times.reachedNanos(1)).isEqualTo(100);
    assertThat(times.reachedNanos(10)).isEqualTo(100);
    assertThat(times.reachedNanos(11)).isEqualTo(200);
    assertThat(times.reachedNanos(20)).isEqualTo(200);
    assertThat(times.reachedNanos(21)).isEqualTo(300);
  }

  @Test
  void seeingTheSameAgainChangesNothing() {
    assertThat(times.seen(10, 100)).isTrue();
    assertThat(times.seen(10, 200)).isFalse();

    assertThat(times.reachedNanos(10)).isEqualTo(100);
  }

  @Test
  void aPositionThatWasNeverReachedIsAnError() {
    times.seen(10, 100);

    assertThatThrownBy(() -> times.reachedNanos(11)).hasMessageContaining("11");
  }

  @Test
  void thereIsRoomForManySightings() {
    for (int i = 1; i <= 100_000; i++) {
      times.seen(i, i * 2L);
    }

    assertThat(times.reachedNanos(99_999)).isEqualTo(199_998);
  }
}
