package com.gyroscops.payments.benchmarks;

import java.util.Arrays;

/**
 * The median of values and where, with 95 % certainty, that of what they are a sample of lies:
 * between two of the values themselves, whatever their distribution (Conover, Practical
 * Nonparametric Statistics, 3.2). Of fewer than six values it is all there is to say that it lies
 * somewhere.
 */
record MedianInterval(double median, double low, double high) {

  /** Fewer say nothing. */
  static final int VALUES_MIN = 6;

  private static final double CERTAINTY = 0.95;

  static MedianInterval of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int outside = leftOut(sorted.length);
    return new MedianInterval(
        Contest.median(sorted),
        outside == 0 ? Double.NEGATIVE_INFINITY : sorted[outside - 1],
        outside == 0 ? Double.POSITIVE_INFINITY : sorted[sorted.length - outside]);
  }

  /**
   * The largest k for which the median is beyond the k-th value from either end with no more than
   * what is left of certainty: fewer than k of the values are on one side of it.
   */
  private static int leftOut(int values) {
    double each = Math.pow(0.5, values);
    double beyond = 0;
    int k = 0;
    while (k < values / 2) {
      beyond += each;
      if (2 * beyond > 1 - CERTAINTY) {
        break;
      }
      each = each * (values - k) / (k + 1);
      k++;
    }
    return k;
  }
}
