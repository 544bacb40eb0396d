package com.gyroscops.payments.read.source;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * A percentile of four decimals, and the one arithmetic by which all exact sources take it: that of
 * whole numbers. Further decimals are cut off, so that two thirds of three, 66.6666, are two.
 *
 * @param tenThousandths of a percent, 1 to 1,000,000
 */
public record Percentile(int tenThousandths) {

  /** Decimals of a percent that count. */
  public static final int DECIMALS = 4;

  /**
   * Decimals from here on are what a computation in floating point left: 56.99999999999999 is 57.
   */
  private static final int NOISE = 9;

  private static final int WHOLE = 1_000_000;
  private static final double LEAST = 0.0001;
  private static final double MOST = 100;

  public Percentile {
    if (tenThousandths < 1 || tenThousandths > WHOLE) {
      throw new IllegalArgumentException("percentile " + tenThousandths + " / 10,000");
    }
  }

  /** Whether {@link #of} takes it: 0.0001 to 100. */
  public static boolean isOne(double percent) {
    return percent >= LEAST && percent <= MOST;
  }

  /** The percentile that a number from 0.0001 to 100 means. */
  public static Percentile of(double percent) {
    return new Percentile(
        BigDecimal.valueOf(percent)
            .setScale(NOISE, RoundingMode.HALF_UP)
            .setScale(DECIMALS, RoundingMode.DOWN)
            .unscaledValue()
            .intValueExact());
  }

  /** In percent. */
  public double percent() {
    return BigDecimal.valueOf(tenThousandths, DECIMALS).doubleValue();
  }

  /**
   * The nearest rank: that of the least amount that at least so many percent do not exceed.
   *
   * @param count of amounts, 1 or more
   * @return 1 to {@code count}
   */
  public long rank(long count) {
    return Math.ceilDiv(Math.multiplyExact(tenThousandths, count), WHOLE);
  }

  /**
   * A fraction whose product with any count up to 10^9, rounded up, is the {@link #rank}, though
   * all is done in floating point: it is less than the percentile by more than the rounding adds,
   * and by less than what lies between a rank and what comes next below it.
   */
  public double fraction() {
    return (double) tenThousandths / WHOLE * (1 - 2 * Math.ulp(1.0));
  }
}
