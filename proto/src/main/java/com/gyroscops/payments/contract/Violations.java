package com.gyroscops.payments.contract;

import com.google.protobuf.Message;
import com.gyroscops.payments.contract.ApiError.FieldViolation;
import com.gyroscops.payments.v1.Amount;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Collects what is wrong with a request, field by field, so that a caller learns all of it at once.
 * Not for concurrent use.
 */
public final class Violations {

  /** Longest identifier, in characters. */
  public static final int IDENTIFIER_LENGTH_MAX = 64;

  /** Most metadata pairs of a payment. */
  public static final int METADATA_PAIRS_MAX = 50;

  /** Longest name of a metadata pair, in UTF-16 code units. */
  public static final int METADATA_NAME_LENGTH_MAX = 40;

  /** Longest value of a metadata pair, in UTF-16 code units. */
  public static final int METADATA_VALUE_LENGTH_MAX = 500;

  /** Most violations told at once: they travel in trailers, which clients bound to 8 KiB. */
  public static final int VIOLATIONS_MAX = 20;

  /** Longest piece of input that is told back. */
  private static final int QUOTE_LENGTH_MAX = 64;

  private final List<FieldViolation> found = new ArrayList<>();

  /** Notes that {@code field} is wrong. */
  public Violations add(String field, String description) {
    if (found.size() < VIOLATIONS_MAX) {
      found.add(new FieldViolation(field, description));
    }
    return this;
  }

  /** Notes it unless {@code condition} holds. */
  public Violations require(boolean condition, String field, String description) {
    return condition ? this : add(field, description);
  }

  /**
   * Requires that a message has no field that this version of the contract does not know.
   *
   * @param at goes before the numbers of its fields
   */
  public Violations known(String at, Message message) {
    message
        .getUnknownFields()
        .asMap()
        .keySet()
        .forEach(number -> add(at + number, "is no field of the contract that this server has"));
    return this;
  }

  /** Requires 1 to 64 characters of {@code A-Z a-z 0-9 . _ -}. */
  public Violations identifier(String field, String value) {
    if (value.isEmpty()) {
      return add(field, "is required");
    }
    return optionalIdentifier(field, value);
  }

  /** Requires 0 to 64 characters of {@code A-Z a-z 0-9 . _ -}. */
  public Violations optionalIdentifier(String field, String value) {
    if (value.length() > IDENTIFIER_LENGTH_MAX) {
      return add(field, "has " + value.length() + " characters; at most 64 are allowed");
    }
    for (int i = 0; i < value.length(); i++) {
      if (!isIdentifierCharacter(value.charAt(i))) {
        return add(field, "may hold only A-Z a-z 0-9 . _ - but has another at index " + i);
      }
    }
    return this;
  }

  /**
   * Requires an organization: an identifier other than {@code -}, which stands for all of them and
   * names none.
   */
  public Violations organization(String field, String value) {
    return value.equals("-")
        ? add(field, "must name one organization; \"-\" stands for all of them")
        : identifier(field, value);
  }

  /**
   * Requires at most {@code lengthMax} UTF-16 code units and no U+0000, which SQL text cannot hold.
   */
  public Violations text(String field, String value, int lengthMax) {
    if (value.length() > lengthMax) {
      return add(
          field, "has " + value.length() + " characters; at most " + lengthMax + " are allowed");
    }
    return require(value.indexOf('\0') < 0, field, "must not contain the character U+0000");
  }

  /** Requires at most {@code lengthMax} characters, none of them a control character. */
  public Violations printable(String field, String value, int lengthMax) {
    text(field, value, lengthMax);
    return require(
        value.chars().noneMatch(Character::isISOControl), field, "must be printable characters");
  }

  /** Requires at most 50 pairs, names of 1 to 40 and values of at most 500 characters. */
  public Violations metadata(String field, Map<String, String> pairs) {
    require(
        pairs.size() <= METADATA_PAIRS_MAX,
        field,
        "has " + pairs.size() + " pairs; at most " + METADATA_PAIRS_MAX + " are allowed");
    pairs.forEach((name, value) -> {
      require(!name.isEmpty(), field, "has an empty name");
      text(field + " (name)", name, METADATA_NAME_LENGTH_MAX);
      text(field + "[\"" + quote(name) + "\"]", value, METADATA_VALUE_LENGTH_MAX);
    });
    return this;
  }

  /** Requires a positive amount in a currency of the list, be it withdrawn or a funds code. */
  public Violations positiveAmount(String field, Amount amount) {
    require(
        amount.getMinorUnits() > 0,
        field + ".minor_units",
        "must be positive, but is " + amount.getMinorUnits());
    return currency(field + ".currency_code", amount.getCurrencyCode());
  }

  /**
   * Requires a currency that a payment can be in, if only an old one: one of {@link Currencies},
   * withdrawn ones and funds codes included. For filters, and for what concerns a payment that is
   * there; creations ask for more.
   */
  public Violations currency(String field, String code) {
    if (code.isEmpty()) {
      return add(field, "is required");
    }
    return require(
        Currencies.exponent(code).isPresent(),
        field,
        "is not an ISO 4217 currency code with minor units, in upper case");
  }

  /** Requires a currency in which something is paid: no funds code. For new payments alone. */
  public Violations notFund(String field, String code) {
    return require(
        !Currencies.isFund(code), field, "is a funds code, in which nothing is paid: " + code);
  }

  /** A piece of input, cut to a length that can be told back. */
  public static String quote(String input) {
    return input.length() <= QUOTE_LENGTH_MAX
        ? input
        : input.substring(0, QUOTE_LENGTH_MAX) + "...";
  }

  /** Whether nothing is wrong so far. */
  public boolean isEmpty() {
    return found.isEmpty();
  }

  /** What is wrong so far, in the order found. */
  public List<FieldViolation> found() {
    return List.copyOf(found);
  }

  /**
   * INVALID_ARGUMENT {@code FIELD_INVALID} with what is wrong, of which there must be something.
   */
  public StatusRuntimeException toException() {
    return ApiError.invalid(found).toException();
  }

  /**
   * Ends the collection.
   *
   * @throws StatusRuntimeException INVALID_ARGUMENT {@code FIELD_INVALID} if anything is wrong
   */
  public void throwIfAny() {
    if (!found.isEmpty()) {
      throw toException();
    }
  }

  private static boolean isIdentifierCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= '0' && c <= '9')
        || (c >= 'A' && c <= 'Z')
        || c == '-'
        || c == '_'
        || c == '.';
  }
}
