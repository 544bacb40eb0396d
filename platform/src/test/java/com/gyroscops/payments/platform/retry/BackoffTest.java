package com.gyroscops.payments.platform.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {

  private static final Duration MIN = Duration.ofMillis(50);
  private static final Duration MAX = Duration.ofSeconds(1);

  @Test
  void aWaitIsFromHalfOfTheDoubledTimeToAllOfItAndNeverLongerThanTheLongest() {
    for (int attempt = 1; attempt <= 1_000; attempt++) {
      long whole = attempt > 5 ? MAX.toMillis() : MIN.toMillis() << (attempt - 1);
      assertThat(Backoff.delay(attempt, MIN, MAX))
          .isBetween(Duration.ofMillis(whole / 2), Duration.ofMillis(whole));
    }
  }

  @Test
  void aLongestThatIsShorterThanTheFirstWaitDoesNotShortenIt() {
    Duration first = MAX.multipliedBy(2);
    assertThat(Backoff.delay(3, first, MAX)).isBetween(MAX, first);
  }
}
