package com.gyroscops.payments.write.writethrough;

import com.gyroscops.payments.contract.Currencies;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.WriteStrategy;
import com.gyroscops.payments.write.command.SharedSources;
import com.gyroscops.payments.write.payment.PaymentCommand;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an installation wants of commands that do not say it themselves: the strategy, and the
 * sources that WRITE_THROUGH waits for.
 *
 * @param defaultStrategy of commands that name none
 * @param rules the first that matches an event says what is waited for
 * @param otherwise what is waited for where none matches
 */
public record WriteRules(
    WriteStrategy defaultStrategy, List<Rule> rules, Set<ReadSource> otherwise) {

  /** Most rules: each command that waits may have to look at all of them. */
  static final int RULES_MAX = 100;

  private static final String NONE = "none";

  /** A setting's name and its text. */
  public record Setting(String name, String text) {

    IllegalArgumentException wrong(String what) {
      return new IllegalArgumentException(name + " " + what);
    }
  }

  /**
   * One rule. It matches an event for which all its conditions hold.
   *
   * @param types empty: of every type
   * @param currencies of the payment; empty: every one
   * @param amountMin least amount of the payment, in minor units
   */
  record Rule(
      Set<EventType> types, Set<String> currencies, long amountMin, Set<ReadSource> sources) {

    boolean matches(EventType type, Payment payment) {
      return (types.isEmpty() || types.contains(type))
          && (currencies.isEmpty() || currencies.contains(payment.getAmount().getCurrencyCode()))
          && payment.getAmount().getMinorUnits() >= amountMin;
    }
  }

  public WriteRules {
    rules = List.copyOf(rules);
    otherwise = Set.copyOf(otherwise);
  }

  /**
   * Rules as an environment has them, separated by semicolons: conditions separated by spaces, an
   * arrow, sources separated by commas or {@code none}. Conditions are types of events, {@code
   * currency=} and {@code minimum=} in minor units of the one currency named; alternatives are
   * separated by {@code |}: {@code refunded|failed currency=EUR minimum=100000 -> sql,redis}.
   *
   * @param strategy WRITE_AROUND, WRITE_THROUGH or WRITE_BEHIND
   * @param sources what is waited for where no rule matches
   * @throws IllegalArgumentException what is wrong, in a line that names the setting
   */
  public static WriteRules parse(Setting strategy, Setting sources, Setting rules) {
    WriteStrategy standard =
        switch (strategy.text().strip()) {
          case "WRITE_AROUND" -> WriteStrategy.WRITE_STRATEGY_WRITE_AROUND;
          case "WRITE_THROUGH" -> WriteStrategy.WRITE_STRATEGY_WRITE_THROUGH;
          case "WRITE_BEHIND" -> WriteStrategy.WRITE_STRATEGY_WRITE_BEHIND;
          default ->
              throw strategy.wrong(
                  "is \"%s\"; it must be WRITE_AROUND, WRITE_THROUGH or WRITE_BEHIND"
                      .formatted(strategy.text()));
        };
    List<String> texts =
        Arrays.stream(rules.text().split(";", -1))
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .toList();
    if (texts.size() > RULES_MAX) {
      throw rules.wrong("has " + texts.size() + " rules; at most " + RULES_MAX + " are allowed");
    }
    return new WriteRules(
        standard,
        texts.stream().map(text -> rule(rules, text)).toList(),
        sources(sources, sources.text()));
  }

  private static Rule rule(Setting setting, String text) {
    String[] sides = text.split("->", -1);
    if (sides.length != 2) {
      throw setting.wrong("has the rule \"%s\"; a rule is conditions -> sources".formatted(text));
    }
    Set<EventType> types = EnumSet.noneOf(EventType.class);
    Set<String> currencies = Set.of();
    long amountMin = 0;
    for (String condition : sides[0].strip().split("\\s+", -1)) {
      if (condition.startsWith("currency=")) {
        currencies = currencies(setting, condition.substring("currency=".length()));
      } else if (condition.startsWith("minimum=")) {
        amountMin = amount(setting, condition.substring("minimum=".length()));
      } else if (!condition.isEmpty()) {
        types.addAll(types(setting, condition));
      }
    }
    if (amountMin > 0 && currencies.size() != 1) {
      throw setting.wrong(
          "has the rule \"%s\"; a minimum needs one currency, whose minor units it counts"
              .formatted(text));
    }
    return new Rule(types, currencies, amountMin, sources(setting, sides[1]));
  }

  private static Set<EventType> types(Setting setting, String names) {
    return alternatives(names)
        .map(name ->
            EventType.named(name)
                .orElseThrow(() ->
                    setting.wrong(
                        "names \"%s\"; the conditions are %s, currency=, minimum="
                            .formatted(
                                name,
                                Arrays.stream(EventType.values())
                                    .map(EventType::label)
                                    .collect(Collectors.joining(", "))))))
        .collect(Collectors.toSet());
  }

  private static Set<String> currencies(Setting setting, String codes) {
    Set<String> currencies = alternatives(codes).collect(Collectors.toSet());
    for (String code : currencies) {
      if (Currencies.exponent(code).isEmpty()) {
        throw setting.wrong("names \"%s\", which is no currency".formatted(code));
      }
    }
    return currencies;
  }

  private static long amount(Setting setting, String text) {
    try {
      long amount = Long.parseLong(text);
      if (amount > 0) {
        return amount;
      }
    } catch (NumberFormatException e) {
      throw setting.wrong("has \"minimum=%s\", which is no number".formatted(text));
    }
    throw setting.wrong("has \"minimum=%s\", which is not positive".formatted(text));
  }

  private static Set<ReadSource> sources(Setting setting, String names) {
    if (names.strip().equals(NONE)) {
      return Set.of();
    }
    return Arrays.stream(names.split(",", -1))
        .map(String::strip)
        .map(name ->
            SharedSources.named(name)
                .orElseThrow(() ->
                    setting.wrong(
                        "names \"%s\"; the sources to wait for are %s, or none"
                            .formatted(name, String.join(", ", SharedSources.NAMES)))))
        .collect(Collectors.toSet());
  }

  private static Stream<String> alternatives(String text) {
    return Arrays.stream(text.split("\\|", -1));
  }

  /** Whether a command that names this strategy waits for sources. */
  boolean isThrough(WriteStrategy named) {
    return strategy(named) == WriteStrategy.WRITE_STRATEGY_WRITE_THROUGH;
  }

  /** Whether a unary command that names this strategy is accepted, to be executed later. */
  public boolean isBehind(WriteStrategy named) {
    return strategy(named) == WriteStrategy.WRITE_STRATEGY_WRITE_BEHIND;
  }

  private WriteStrategy strategy(WriteStrategy named) {
    return named == WriteStrategy.WRITE_STRATEGY_UNSPECIFIED ? defaultStrategy : named;
  }

  /**
   * What is waited for after a command.
   *
   * @param payment after the command
   */
  Set<ReadSource> sources(PaymentCommand command, Payment payment) {
    EventType type = EventType.of(command);
    return rules.stream()
        .filter(rule -> rule.matches(type, payment))
        .findFirst()
        .map(Rule::sources)
        .orElse(otherwise);
  }
}
