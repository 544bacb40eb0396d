package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentFilter;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Texts by which payments are found where they are equal: what a filter says of each, and what a
 * payment has. A further one is a row here, a field of the contract's filter, and a name in each
 * source that searches.
 */
@SuppressWarnings("ImmutableEnumChecker") // Its functions keep nothing.
public enum TextField {
  USER("user_id", true, PaymentFilter::getUserId, it -> it.getPersonalData().getUserId()),
  MERCHANT_REFERENCE(
      "merchant_reference",
      false,
      PaymentFilter::getMerchantReference,
      Payment::getMerchantReference),
  PROVIDER_REFERENCE(
      "provider_reference",
      false,
      PaymentFilter::getProviderReference,
      Payment::getProviderReference),
  CORRELATION("correlation_id", true, PaymentFilter::getCorrelationId, Payment::getCorrelationId);

  private final String contractName;
  private final boolean identifier;
  private final Function<PaymentFilter, String> wanted;
  private final Function<Payment, String> had;

  TextField(
      String contractName,
      boolean identifier,
      Function<PaymentFilter, String> wanted,
      Function<Payment, String> had) {
    this.contractName = contractName;
    this.identifier = identifier;
    this.wanted = wanted;
    this.had = had;
  }

  /** The field's name in the contract's filter. */
  public String contractName() {
    return contractName;
  }

  /** Whether it is an identifier, or else a text of printable characters. */
  public boolean isIdentifier() {
    return identifier;
  }

  /** What a filter wants it to be; empty: anything. */
  public String of(PaymentFilter filter) {
    return wanted.apply(filter);
  }

  /** What a payment has; may be empty. */
  public String of(Payment payment) {
    return had.apply(payment);
  }

  /** Those that a filter wants to be something. */
  public static Map<TextField, String> allOf(PaymentFilter filter) {
    Map<TextField, String> all = new EnumMap<>(TextField.class);
    for (TextField field : values()) {
      String value = field.of(filter);
      if (!value.isEmpty()) {
        all.put(field, value);
      }
    }
    return all;
  }
}
