package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.Payment;
import java.util.List;
import java.util.OptionalInt;

/**
 * Payments found, in order.
 *
 * @param matches all matches, capped, if counting was asked for
 */
public record SearchPage(List<Payment> payments, OptionalInt matches) {
  public SearchPage {
    payments = List.copyOf(payments);
  }
}
