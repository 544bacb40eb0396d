package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.PaymentStatus;
import java.math.BigInteger;
import java.util.List;

/**
 * Counts and sums, exact.
 *
 * @param payments one for each currency and status that has any
 * @param refunds one for each currency that has any
 */
public record Totals(List<OfStatus> payments, List<OfRefunds> refunds) {

  /** Payments of one currency in one status; the sum in minor units. */
  public record OfStatus(String currency, PaymentStatus status, long count, BigInteger amount) {}

  /** Refunds of one currency; the sum in minor units. */
  public record OfRefunds(String currency, long count, BigInteger amount) {}

  public Totals {
    payments = List.copyOf(payments);
    refunds = List.copyOf(refunds);
  }
}
