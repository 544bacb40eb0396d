package com.gyroscops.payments.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MedianIntervalTest {

  @Test
  void ofTenValuesItIsFromTheSecondToTheNinth() {
    MedianInterval interval = MedianInterval.of(7, 3, 1, 10, 9, 8, 2, 4, 6, 5);
    assertThat(interval.median()).isEqualTo(5.5);
    assertThat(interval.low()).isEqualTo(2);
    assertThat(interval.high()).isEqualTo(9);
  }

  @Test
  void ofSixValuesItIsAllOfThem() {
    MedianInterval interval = MedianInterval.of(6, 5, 4, 3, 2, 1);
    assertThat(interval.low()).isEqualTo(1);
    assertThat(interval.high()).isEqualTo(6);
  }

  @Test
  void fiveValuesAreTooFew() {
    MedianInterval interval = MedianInterval.of(1, 1, 1, 1, 1);
    assertThat(interval.low()).isNegative().isInfinite();
    assertThat(interval.high()).isPositive().isInfinite();
  }
}
