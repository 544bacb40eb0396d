package com.gyroscops.payments.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.v1.Amount;
import java.time.Instant;
import java.util.Currency;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The list of currencies: nothing that payments have may ever leave it or change its exponent. */
class CurrenciesTest {

  /** Other JDKs may know more; the list is what counts. */
  @Test
  void whatTheJdkKnowsTooHasTheSameExponent() {
    int both = 0;
    for (Currency currency : Currency.getAvailableCurrencies()) {
      OptionalInt exponent = Currencies.exponent(currency.getCurrencyCode());
      if (exponent.isPresent()) {
        both++;
        assertThat(currency.getDefaultFractionDigits())
            .describedAs(currency.getCurrencyCode())
            .isEqualTo(exponent.getAsInt());
      }
    }
    assertThat(both).isGreaterThan(200);
  }

  /** Old payments are in any of them, so filters and refunds take them all. */
  @Test
  void allButCreationsTakeEveryListedCurrency() {
    for (String code : Currencies.codes()) {
      Amount amount = Amount.newBuilder().setMinorUnits(1).setCurrencyCode(code).build();
      assertThat(new Violations().currency("filter", code).isEmpty()).describedAs(code).isTrue();
      assertThat(new Violations().positiveAmount("amount", amount).isEmpty())
          .describedAs(code)
          .isTrue();
    }
  }

  @Test
  void whatIsListedIsCurrentOrWithdrawnOrAFund() {
    Set<String> funds =
        Currencies.codes().stream()
            .filter(Currencies::isFund)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(funds)
        .containsExactly("BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "USS", "UYI");
    assertThat(funds).allMatch(code -> Currencies.end(code).isEmpty());
    long withdrawn =
        Currencies.codes().stream().filter(it -> Currencies.end(it).isPresent()).count();
    assertThat(withdrawn).isEqualTo(53);
    assertThat(Currencies.codes()).hasSize(9 + 53 + 157);
  }

  @ParameterizedTest
  @CsvSource({
    "HRK, 2023-02-01T00:00:00Z",
    "DEM, 2002-04-01T00:00:00Z",
    "ZWL, 2024-10-01T00:00:00Z",
    "BGN, 2026-02-01T00:00:00Z",
    "LTL, 2015-01-01T00:00:00Z",
    "BYR, 2017-02-01T00:00:00Z"
  })
  void aWithdrawnCurrencyEndsWithTheMonthOfItsWithdrawal(String code, Instant end) {
    assertThat(Currencies.end(code)).contains(end);
  }

  @ParameterizedTest
  @ValueSource(strings = {"EUR", "UYW", "ZWG", "XCG", "SLE", "VED", "MRU", "XAD", "CLF", "QQQ"})
  void whatIsCurrentOrAFundOrUnknownHasNoEnd(String code) {
    assertThat(Currencies.end(code)).isEmpty();
  }
}
