package com.gyroscops.payments.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.benchmarks.Contest.Contender;
import com.gyroscops.payments.benchmarks.Contest.Series;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ContestTest {

  /** Calls that all took a millisecond, within a second. */
  private static Measurement second(int calls) {
    var latencies = Tally.newHistogram();
    if (calls > 0) {
      latencies.recordValueWithCount(1_000_000, calls);
    }
    return new Measurement(calls, 0, TimeUnit.SECONDS.toNanos(1), latencies);
  }

  @Test
  void contendersTakeTurnsAndTheFirstRoundDoesNotCount() throws Exception {
    List<String> order = new ArrayList<>();
    Contest contest =
        new Contest(
            "test",
            List.of(
                new Contender(
                    "a",
                    length -> {
                      order.add("a" + length.toMillis());
                      return second(order.size());
                    }),
                new Contender(
                    "b",
                    length -> {
                      order.add("b" + length.toMillis());
                      return second(order.size());
                    })));

    List<Series> series = contest.run(2, Duration.ofMillis(5));

    assertThat(order).containsExactly("a5", "b5", "b5", "a5", "a5", "b5");
    assertThat(series).extracting(Series::name).containsExactly("a", "b");
    assertThat(series.getFirst().rounds())
        .extracting(Measurement::succeeded)
        .containsExactly(4L, 5L);
    assertThat(series.getLast().rounds())
        .extracting(Measurement::succeeded)
        .containsExactly(3L, 6L);
  }

  @Test
  void aRatioIsTheMedianOfTheRoundsSoThatOneBadRoundDoesNotCount() {
    Series fast = new Series("fast", List.of(second(300), second(400), second(10)));
    Series slow = new Series("slow", List.of(second(100), second(200), second(100)));

    assertThat(fast.ratioTo(slow)).isEqualTo(2.0);
  }

  @Test
  void theMedianOfAnEvenNumberLiesBetweenTheMiddleOnes() {
    assertThat(Contest.median(9, 1, 4, 2)).isEqualTo(3);
    assertThat(Contest.median(5)).isEqualTo(5);
  }

  @Test
  void severalLoadsAddUpToOne() {
    Measurement total = new Series("x", List.of(second(100), second(300))).total();

    assertThat(total.succeeded()).isEqualTo(400);
    assertThat(total.perSecond()).isEqualTo(200);
    assertThat(total.latencies().getTotalCount()).isEqualTo(400);
    assertThat(total.percentileMillis(99)).isBetween(0.99, 1.01);
  }
}
