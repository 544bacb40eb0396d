package com.gyroscops.payments.contract;

import java.util.Currency;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The currencies in which payments are made: ISO 4217 alphabetic codes that have minor units, as
 * the JDK knows them. Metals, funds units and test codes have none and are refused.
 */
public final class Currencies {

  private static final Map<String, Integer> EXPONENTS = new HashMap<>();

  static {
    for (Currency currency : Currency.getAvailableCurrencies()) {
      if (currency.getDefaultFractionDigits() >= 0) {
        EXPONENTS.put(currency.getCurrencyCode(), currency.getDefaultFractionDigits());
      }
    }
  }

  private Currencies() {}

  /** Decimal places of the minor unit: EUR 2, JPY 0, KWD 3. Empty for what is no such currency. */
  public static OptionalInt exponent(String code) {
    Integer exponent = EXPONENTS.get(code);
    return exponent == null ? OptionalInt.empty() : OptionalInt.of(exponent);
  }
}
