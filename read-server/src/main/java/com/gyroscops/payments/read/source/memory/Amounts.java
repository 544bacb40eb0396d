package com.gyroscops.payments.read.source.memory;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.List;

/** Amounts of one group, from which exact percentiles are taken. Not for concurrent use. */
final class Amounts {

  private static final BigDecimal PERCENT = BigDecimal.valueOf(100);

  private long[] amounts = new long[4];
  private int size;

  void add(long amount) {
    if (size == amounts.length) {
      amounts = Arrays.copyOf(amounts, size + (size >> 1) + 1);
    }
    amounts[size++] = amount;
  }

  /**
   * Percentiles by nearest rank: the least amount that at least so many percent of all do not
   * exceed.
   *
   * @param percents above 0, at most 100
   */
  List<Long> percentiles(List<Double> percents) {
    Arrays.sort(amounts, 0, size);
    return percents.stream()
        .map(percent -> {
          // In decimals: 99.9 percent of 1,000 are 999, which doubles do not say.
          BigDecimal rank = BigDecimal.valueOf(percent).multiply(BigDecimal.valueOf(size));
          int place = rank.divide(PERCENT, 0, RoundingMode.CEILING).intValueExact();
          return amounts[place - 1];
        })
        .toList();
  }
}
