package com.gyroscops.payments.read.source.memory;

import java.math.BigInteger;

/**
 * A count and a sum of 64-bit amounts, in 128 bits: exact for any number of payments. Not for
 * concurrent use.
 */
final class Sum {

  private long count;
  private long high;
  private long low;

  void add(long amount) {
    add(1, amount >> 63, amount);
  }

  /** Adds many amounts at once, whose sum is {@code otherHigh} and {@code otherLow}. */
  void add(long otherCount, long otherHigh, long otherLow) {
    count += otherCount;
    high = high(high, low, otherHigh, otherLow);
    low += otherLow;
  }

  /** The upper half of a sum of two numbers of 128 bits; the lower halves simply add up. */
  static long high(long highA, long lowA, long highB, long lowB) {
    long carry = Long.compareUnsigned(lowA + lowB, lowA) < 0 ? 1 : 0;
    return highA + highB + carry;
  }

  long count() {
    return count;
  }

  BigInteger amount() {
    BigInteger unsignedLow =
        low >= 0
            ? BigInteger.valueOf(low)
            : BigInteger.valueOf(low).add(BigInteger.ONE.shiftLeft(Long.SIZE));
    return BigInteger.valueOf(high).shiftLeft(Long.SIZE).add(unsignedLow);
  }
}
