package com.gyroscops.payments.read.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.testing.Seed;
import java.math.BigInteger;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PercentileTest {

  @Test
  void fourDecimalsCount() {
    assertThat(List.of(100.0 / 3, 200.0 / 3, 99.9, 0.0001, 0.57 * 100, 0.1 + 0.2, 100.0))
        .extracting(it -> Percentile.of(it).percent())
        .containsExactly(33.3333, 66.6666, 99.9, 0.0001, 57.0, 0.3, 100.0);
    assertThat(List.of(0.0, 0.00009, -1.0, 100.00001, Double.NaN, Double.POSITIVE_INFINITY))
        .noneMatch(Percentile::isOne);
  }

  @Test
  void theFractionRoundedUpInFloatingPointIsTheRankForAnyCount() {
    long seed = Seed.any();
    Random random = new Random(seed);
    for (int i = 0; i < 500_000; i++) {
      int part = 1 + random.nextInt(1_000_000);
      long count = 1 + random.nextLong(1 + random.nextInt(1_000_000_000));
      if (random.nextInt(3) == 0) {
        // Such that the rank is a whole number before it is rounded.
        int divisor = BigInteger.valueOf(part).gcd(BigInteger.valueOf(1_000_000)).intValue();
        long step = 1_000_000 / divisor;
        count = Math.max(step, count / step * step);
      }
      Percentile percentile = new Percentile(part);
      assertThat((long) Math.ceil(percentile.fraction() * count))
          .as("%s of %d, seed %d", percentile, count, seed)
          .isEqualTo(percentile.rank(count));
    }
  }
}
