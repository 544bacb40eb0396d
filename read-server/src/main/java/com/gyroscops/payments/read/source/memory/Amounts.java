package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.Percentile;
import java.util.Arrays;
import java.util.List;

/** Amounts of one group, from which exact percentiles are taken. Not for concurrent use. */
final class Amounts {

  private long[] amounts = new long[4];
  private int size;

  void add(long amount) {
    if (size == amounts.length) {
      amounts = Arrays.copyOf(amounts, size + (size >> 1) + 1);
    }
    amounts[size++] = amount;
  }

  /** Percentiles by nearest rank. */
  List<Long> percentiles(List<Percentile> percentiles) {
    Arrays.sort(amounts, 0, size);
    return percentiles.stream().map(it -> amounts[(int) it.rank(size) - 1]).toList();
  }
}
