package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.TextField;
import com.gyroscops.payments.read.source.TextQuery;
import com.gyroscops.payments.v1.AmountRange;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentStatus;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Checks the contract's filters, and reads them. */
public final class Filters {

  /** Most currencies and most metadata pairs in a filter, as the contract says. */
  private static final int CURRENCIES_MAX = 20;

  private static final int METADATA_PAIRS_MAX = 5;
  private static final int REFERENCE_LENGTH_MAX = 128;

  /** Longest text and most words in it, as the contract says: each word is a look-up. */
  static final int TEXT_LENGTH_MAX = 200;

  static final int WORDS_MAX = 10;

  private Filters() {}

  /** Notes what is wrong with a filter that is in this field. */
  public static void check(Violations violations, String field, PaymentFilter filter) {
    for (TextField text : TextField.values()) {
      checkTextField(violations, field + "." + text.contractName(), text, filter);
    }
    checkStatuses(violations, field + ".statuses", filter.getStatusesList());
    checkCurrencies(violations, field + ".currency_codes", filter.getCurrencyCodesList());
    AmountRange amount = filter.getAmount();
    if (amount.hasMinMinorUnits() || amount.hasMaxMinorUnits()) {
      violations.require(
          hasOneCurrency(filter), field + ".amount", "needs exactly one currency code");
      violations.require(
          !amount.hasMinMinorUnits()
              || !amount.hasMaxMinorUnits()
              || amount.getMinMinorUnits() <= amount.getMaxMinorUnits(),
          field + ".amount.min_minor_units",
          "must not exceed max_minor_units");
    }
    for (NumberField number : NumberField.values()) {
      TimeRanges.check(violations, field + "." + number.contractName(), number.times(filter));
    }
    violations.require(
        filter.getMetadataCount() <= METADATA_PAIRS_MAX,
        field + ".metadata",
        "has " + filter.getMetadataCount() + " pairs; at most 5 are allowed");
    violations.metadata(field + ".metadata", filter.getMetadataMap());
    if (!filter.getText().isEmpty()) {
      checkText(violations, field + ".text", filter.getText());
    }
  }

  private static void checkTextField(
      Violations violations, String field, TextField text, PaymentFilter filter) {
    if (text.isIdentifier()) {
      violations.optionalIdentifier(field, text.of(filter));
    } else {
      violations.printable(field, text.of(filter), REFERENCE_LENGTH_MAX);
    }
  }

  /** Requires a text of 1 to 200 characters with 1 to 10 words. */
  static void checkText(Violations violations, String field, String text) {
    if (text.length() > TEXT_LENGTH_MAX) {
      violations.text(field, text, TEXT_LENGTH_MAX);
      return;
    }
    int words = TextQuery.of(text).size();
    violations.require(
        words >= 1 && words <= WORDS_MAX,
        field,
        "must have 1 to " + WORDS_MAX + " words of letters or digits, but has " + words);
  }

  /** Whether amounts of the payments that match have an order. */
  static boolean hasOneCurrency(PaymentFilter filter) {
    return Set.copyOf(filter.getCurrencyCodesList()).size() == 1;
  }

  private static void checkStatuses(
      Violations violations, String statusesField, List<PaymentStatus> statuses) {
    Set<PaymentStatus> seen = EnumSet.noneOf(PaymentStatus.class);
    for (int i = 0; i < statuses.size(); i++) {
      String field = statusesField + "[" + i + "]";
      PaymentStatus status = statuses.get(i);
      if (status == PaymentStatus.UNRECOGNIZED
          || status == PaymentStatus.PAYMENT_STATUS_UNSPECIFIED) {
        violations.add(field, "is not a status");
      } else {
        violations.require(seen.add(status), field, "is named before already");
      }
    }
  }

  /** Checks a list of currencies to choose from. */
  static void checkCurrencies(Violations violations, String field, List<String> codes) {
    violations.require(
        codes.size() <= CURRENCIES_MAX,
        field,
        "has " + codes.size() + " codes; at most " + CURRENCIES_MAX + " are allowed");
    for (int i = 0; i < Math.min(codes.size(), CURRENCIES_MAX); i++) {
      violations.currency(field + "[" + i + "]", codes.get(i));
    }
  }

  /** What a checked filter means. */
  public static Filter read(String organizationId, PaymentFilter filter) {
    return new Filter(
        organizationId,
        TextField.allOf(filter),
        filter.getStatusesList().isEmpty() ? Set.of() : EnumSet.copyOf(filter.getStatusesList()),
        Set.copyOf(filter.getCurrencyCodesList()),
        NumberField.allOf(filter),
        filter.getMetadataMap(),
        TextQuery.of(filter.getText()));
  }
}
