package com.gyroscops.payments.benchmarks;

import java.util.Arrays;

/**
 * When a source was first seen to stand at or beyond a position. One thread records; nobody reads
 * meanwhile.
 */
final class AppliedTimes {

  private static final int SIZE_FIRST = 4_096;

  private long[] positions = new long[SIZE_FIRST];
  private long[] nanos = new long[SIZE_FIRST];
  private int size;

  /**
   * Notes where the source was seen; later and never lower than before.
   *
   * @return whether it had moved
   */
  boolean seen(long position, long atNanos) {
    if (size > 0 && position <= positions[size - 1]) {
      return false;
    }
    if (size == positions.length) {
      positions = Arrays.copyOf(positions, size * 2);
      nanos = Arrays.copyOf(nanos, size * 2);
    }
    positions[size] = position;
    nanos[size++] = atNanos;
    return true;
  }

  /**
   * When a position had been reached.
   *
   * @throws IllegalArgumentException if it never was
   */
  long reachedNanos(long position) {
    int found = Arrays.binarySearch(positions, 0, size, position);
    int first = found >= 0 ? found : -found - 1;
    if (first == size) {
      throw new IllegalArgumentException("position " + position + " was never reached");
    }
    return nanos[first];
  }
}
