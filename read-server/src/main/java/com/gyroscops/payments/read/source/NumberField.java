package com.gyroscops.payments.read.source;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.v1.AmountRange;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.TimeRange;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Numbers by which payments are put in order, and found where they lie within a span: what a filter
 * says of each, and what a payment has. A further one is a row here, a range of the contract's
 * filter, and a name in each source that searches. Times are microseconds, the ends of their spans
 * exclusive.
 */
@SuppressWarnings("ImmutableEnumChecker") // Its functions keep nothing.
public enum NumberField {
  /** Business time of the creation. */
  EFFECTIVE_TIME("effective_time", PaymentFilter::getEffectiveTime, Payment::getEffectiveTime),
  /** Time of the newest change. */
  UPDATE_TIME("update_time", PaymentFilter::getUpdateTime, Payment::getUpdateTime),
  /** Minor units, both ends of a span inclusive. Only with exactly one currency. */
  AMOUNT("amount", it -> it.getAmount().getMinorUnits());

  private final String contractName;
  private final Function<PaymentFilter, TimeRange> times;
  private final ToLongFunction<Payment> had;

  NumberField(
      String contractName,
      Function<PaymentFilter, TimeRange> times,
      Function<Payment, Timestamp> had) {
    this.contractName = contractName;
    this.times = times;
    this.had = it -> Micros.of(had.apply(it));
  }

  NumberField(String contractName, ToLongFunction<Payment> had) {
    this.contractName = contractName;
    this.times = _ -> TimeRange.getDefaultInstance();
    this.had = had;
  }

  /** The field's name in the contract's filter. */
  public String contractName() {
    return contractName;
  }

  /** Whether it is a time, or else an amount. */
  public boolean isTime() {
    return this != AMOUNT;
  }

  /** What a filter wants of a time; of an amount, nothing. */
  public TimeRange times(PaymentFilter filter) {
    return times.apply(filter);
  }

  /** What a payment has. */
  public long of(Payment payment) {
    return had.applyAsLong(payment);
  }

  /** The spans that a checked filter wants. */
  public static Map<NumberField, Span> allOf(PaymentFilter filter) {
    Map<NumberField, Span> all = new EnumMap<>(NumberField.class);
    for (NumberField field : values()) {
      all.put(field, field.isTime() ? Span.of(field.times(filter)) : span(filter.getAmount()));
    }
    return all;
  }

  private static Span span(AmountRange range) {
    return new Span(
        range.hasMinMinorUnits() ? range.getMinMinorUnits() : null,
        range.hasMaxMinorUnits() ? range.getMaxMinorUnits() : null);
  }
}
