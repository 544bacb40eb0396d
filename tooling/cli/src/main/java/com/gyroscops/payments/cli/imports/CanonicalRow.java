package com.gyroscops.payments.cli.imports;

import com.gyroscops.payments.contract.Currencies;
import java.math.BigDecimal;
import java.text.Normalizer;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * A row's values in the one spelling that stands for all, so that a file that a spreadsheet saved
 * anew is the same file: without blanks around them, NFC, line breaks as {@code \n}; an amount with
 * all decimal places of its currency and no zeros before it; a time in UTC, to the microsecond. A
 * value that is none of its column's kind stays as it is, for its fault to be told.
 *
 * <p>The command is made of these values, and so is the row's identity: the same row in another
 * spelling is the same request with the same content.
 */
final class CanonicalRow {

  /** Columns, in the order in which they count for a row's identity. */
  static final List<String> COLUMNS =
      List.of(
          "command",
          "payment_id",
          "organization_id",
          "user_id",
          "amount",
          "currency",
          "description",
          "correlation_id",
          "reason",
          "occurred_at");

  /** Column of the request id, where the file's author chooses it. */
  static final String REQUEST_ID = "request_id";

  /** Commands that move money: what is said about it does not make it another movement. */
  private static final Set<String> MOVEMENTS = Set.of("process", "refund");

  private static final Set<String> FREE_TEXT = Set.of("description", "reason");

  /** 18 digits before the point are more than a long of minor units holds. */
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,18}(?:\\.([0-9]{1,9}))?");

  private static final Pattern LINE_BREAK = Pattern.compile("\r\n?");

  private final Map<String, String> values = new LinkedHashMap<>();

  /**
   * @param columns a column's value by its name, empty if there is none
   */
  CanonicalRow(UnaryOperator<String> columns) {
    COLUMNS.forEach(column -> values.put(column, text(columns.apply(column))));
    values.put(REQUEST_ID, text(columns.apply(REQUEST_ID)));
    values.put("amount", amount(value("amount"), value("currency")));
    values.put("occurred_at", time(value("occurred_at")));
  }

  /** A column's value; empty if there is none. */
  String value(String column) {
    String value = values.get(column);
    if (value == null) {
      throw new IllegalArgumentException("no column " + column);
    }
    return value;
  }

  /**
   * What makes the row this one: all values but, of a process or a refund, the free text. Two that
   * differ in that alone get one request id, so the second is refused as REQUEST_ID_REUSED instead
   * of moving money again.
   */
  List<String> identity() {
    boolean movement = MOVEMENTS.contains(value("command"));
    return COLUMNS.stream()
        .map(column -> movement && FREE_TEXT.contains(column) ? "" : value(column))
        .toList();
  }

  private static String text(String value) {
    int begin = 0;
    int end = value.length();
    while (begin < end && isBlank(value.charAt(begin))) {
      begin++;
    }
    while (begin < end && isBlank(value.charAt(end - 1))) {
      end--;
    }
    String normalized = Normalizer.normalize(value.substring(begin, end), Normalizer.Form.NFC);
    return LINE_BREAK.matcher(normalized).replaceAll("\n");
  }

  /** The latter are the no-break spaces. */
  private static boolean isBlank(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  private static String amount(String text, String currency) {
    OptionalInt places = Currencies.exponent(currency);
    var decimal = DECIMAL.matcher(text);
    if (places.isEmpty() || !decimal.matches()) {
      return text;
    }
    String decimals = decimal.group(1);
    return decimals != null && decimals.length() > places.getAsInt()
        ? text
        : new BigDecimal(text).setScale(places.getAsInt()).toPlainString();
  }

  private static String time(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MICROS).toString();
    } catch (DateTimeException e) {
      return text;
    }
  }
}
