package com.gyroscops.payments.benchmarks;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What a run was asked for.
 *
 * @param home folder of the project, with the servers' jars
 * @param folder where the stacks' folders are made
 * @param slice length of each measured load
 * @param rounds how often each load is measured
 * @param scale factor on amounts of data
 * @param wholeStack whether a read-server follows where only commands are measured
 */
record Settings(
    Path home, Path folder, Duration slice, int rounds, double scale, boolean wholeStack) {

  Settings {
    if (slice.isZero() || slice.isNegative() || rounds < 1 || scale <= 0) {
      throw new IllegalArgumentException("must be positive");
    }
  }

  /** The same with the servers of another build. */
  Settings with(Path otherHome) {
    return new Settings(otherHome, folder, slice, rounds, scale, wholeStack);
  }

  /** An amount of data at this run's scale. */
  int scaled(int amount) {
    return Math.max(1, (int) Math.round(amount * scale));
  }
}
