package com.gyroscops.payments.write.writethrough;

import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_REDIS;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_SEARCH;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_SQL;
import static com.gyroscops.payments.v1.WriteStrategy.WRITE_STRATEGY_UNSPECIFIED;
import static com.gyroscops.payments.v1.WriteStrategy.WRITE_STRATEGY_WRITE_AROUND;
import static com.gyroscops.payments.v1.WriteStrategy.WRITE_STRATEGY_WRITE_THROUGH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.write.command.SharedSources;
import com.gyroscops.payments.write.payment.Failure;
import com.gyroscops.payments.write.payment.PaymentCommand;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.gyroscops.payments.write.writethrough.WriteRules.Setting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WriteRulesTest {

  private static final PaymentKey KEY = new PaymentKey("acme", "pay-1");
  private static final PaymentCommand REFUND = new PaymentCommand.Refund(KEY, "r-1", null, "");
  private static final PaymentCommand FAIL =
      new PaymentCommand.Fail(KEY, new Failure("declined", ""));
  private static final PaymentCommand DELETE = new PaymentCommand.Delete(KEY, "");

  private static WriteRules parse(String strategy, String sources, String rules) {
    return WriteRules.parse(
        new Setting("STRATEGY", strategy),
        new Setting("SOURCES", sources),
        new Setting("RULES", rules));
  }

  private static Payment payment(long minorUnits, String currency) {
    return Payment.newBuilder()
        .setAmount(Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode(currency))
        .build();
  }

  @Test
  void theFirstRuleThatMatchesSaysWhatIsWaitedFor() {
    WriteRules rules =
        parse(
            "WRITE_AROUND",
            "sql",
            "refunded|failed currency=EUR minimum=1000 -> sql, redis;"
                + " currency=JPY|KWD -> search; deleted -> none;");
    assertThat(rules.sources(REFUND, payment(1_000, "EUR")))
        .containsExactlyInAnyOrder(READ_SOURCE_SQL, READ_SOURCE_REDIS);
    assertThat(rules.sources(FAIL, payment(1_001, "EUR")))
        .containsExactlyInAnyOrder(READ_SOURCE_SQL, READ_SOURCE_REDIS);
    assertThat(rules.sources(REFUND, payment(999, "EUR"))).containsExactly(READ_SOURCE_SQL);
    assertThat(rules.sources(REFUND, payment(1_000, "USD"))).containsExactly(READ_SOURCE_SQL);
    assertThat(rules.sources(DELETE, payment(1_000, "KWD"))).containsExactly(READ_SOURCE_SEARCH);
    assertThat(rules.sources(DELETE, payment(1_000, "EUR"))).isEmpty();
  }

  @Test
  void aRuleWithoutConditionsMatchesEverything() {
    assertThat(parse("WRITE_AROUND", "sql", "-> redis").sources(DELETE, payment(1, "EUR")))
        .containsExactly(READ_SOURCE_REDIS);
  }

  @Test
  void theDefaultStrategyIsForCommandsThatNameNone() {
    WriteRules through = parse("WRITE_THROUGH", "sql", "");
    assertThat(through.isThrough(WRITE_STRATEGY_UNSPECIFIED)).isTrue();
    assertThat(through.isThrough(WRITE_STRATEGY_WRITE_AROUND)).isFalse();
    WriteRules around = parse("WRITE_AROUND", "none", "");
    assertThat(around.isThrough(WRITE_STRATEGY_UNSPECIFIED)).isFalse();
    assertThat(around.isThrough(WRITE_STRATEGY_WRITE_THROUGH)).isTrue();
    assertThat(around.sources(DELETE, payment(1, "EUR"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "WRITE_BACK # sql # '' # STRATEGY is \"WRITE_BACK\"; it must be WRITE_AROUND, WRITE_THROUGH or WRITE_BEHIND",
        "WRITE_AROUND # memory # '' # SOURCES names \"memory\"; the sources to wait for are {sources}, or none",
        "WRITE_AROUND # '' # '' # SOURCES names \"\"; the sources to wait for are {sources}, or none",
        "WRITE_AROUND # sql # refunds -> sql # RULES names \"refunds\"; the conditions are created, updated, processed, failed, refunded, deleted, currency=, minimum=",
        "WRITE_AROUND # sql # failed -> sqll # RULES names \"sqll\"; the sources to wait for are {sources}, or none",
        "WRITE_AROUND # sql # failed sql # RULES has the rule \"failed sql\"; a rule is conditions -> sources",
        "WRITE_AROUND # sql # currency=EUX -> sql # RULES names \"EUX\", which is no currency",
        "WRITE_AROUND # sql # currency=EUR minimum=ten -> sql # RULES has \"minimum=ten\", which is no number",
        "WRITE_AROUND # sql # currency=EUR minimum=-1 -> sql # RULES has \"minimum=-1\", which is not positive",
        "WRITE_AROUND # sql # minimum=100 -> sql # RULES has the rule \"minimum=100 -> sql\"; a minimum needs one currency, whose minor units it counts",
      })
  void whatMakesNoSenseIsToldInOneLineThatNamesTheSetting(
      String strategy, String sources, String rules, String message) {
    assertThat(SharedSources.NAMES).startsWith("sql", "redis", "search");
    assertThatThrownBy(() -> parse(strategy, sources, rules))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message.replace("{sources}", String.join(", ", SharedSources.NAMES)));
  }

  @Test
  void rulesAreBounded() {
    String rules = "failed -> sql;".repeat(WriteRules.RULES_MAX + 1);
    assertThatThrownBy(() -> parse("WRITE_AROUND", "sql", rules))
        .hasMessage("RULES has 101 rules; at most 100 are allowed");
  }
}
