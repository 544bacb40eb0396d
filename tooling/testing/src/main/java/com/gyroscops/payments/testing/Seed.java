package com.gyroscops.payments.testing;

import java.util.Random;

/**
 * What the random input of a test starts from. The system property {@code payments.seed} changes it
 * for all tests of a run: {@code ./payments test --seed N}.
 */
public final class Seed {

  private static final String PROPERTY = "payments.seed";

  private Seed() {}

  /** Another seed each time, which is printed; or the one given. */
  public static long any() {
    String given = System.getProperty(PROPERTY, "");
    long seed = given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
    String caller =
        StackWalker.getInstance()
            .walk(frames -> frames.skip(1).findFirst())
            .map(frame -> frame.getClassName() + "." + frame.getMethodName())
            .orElse("a test");
    System.out.printf("%s: the same again with -D%s=%d%n", caller, PROPERTY, seed);
    return seed;
  }

  /** The test's own, so that all runs are the same; plus the one given, so that they are others. */
  public static long of(long own) {
    String given = System.getProperty(PROPERTY, "");
    return given.isEmpty() ? own : own + Long.parseLong(given);
  }

  /** Numbers that start from {@link #of}. */
  public static Random random(long own) {
    return new Random(of(own));
  }
}
