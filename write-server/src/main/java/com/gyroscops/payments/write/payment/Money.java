package com.gyroscops.payments.write.payment;

/**
 * A non-negative amount in one currency, exact. Amounts of different currencies never meet in
 * arithmetic.
 *
 * @param minorUnits cents of EUR, yen of JPY
 * @param currency ISO 4217 alphabetic code
 */
public record Money(long minorUnits, String currency) {

  public Money {
    if (minorUnits < 0) {
      throw new IllegalArgumentException("negative amount: " + minorUnits);
    }
    if (currency.length() != 3) {
      throw new IllegalArgumentException("not a currency code: " + currency);
    }
  }

  /** Nothing, in this currency. */
  public static Money zero(String currency) {
    return new Money(0, currency);
  }

  /**
   * The sum.
   *
   * @throws IllegalArgumentException if the currencies differ
   * @throws ArithmeticException beyond 2^63 - 1 minor units
   */
  public Money plus(Money other) {
    return new Money(Math.addExact(minorUnits, sameCurrency(other).minorUnits), currency);
  }

  /**
   * The difference.
   *
   * @throws IllegalArgumentException if the currencies differ or the result would be negative
   */
  public Money minus(Money other) {
    return new Money(minorUnits - sameCurrency(other).minorUnits, currency);
  }

  /** Whether this is more than {@code other}, which must be of the same currency. */
  public boolean exceeds(Money other) {
    return minorUnits > sameCurrency(other).minorUnits;
  }

  private Money sameCurrency(Money other) {
    if (!currency.equals(other.currency)) {
      throw new IllegalArgumentException(currency + " meets " + other.currency);
    }
    return other;
  }
}
