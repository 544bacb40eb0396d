package com.gyroscops.payments.write.payment;

import java.time.Instant;

/**
 * Money that went back.
 *
 * @param refundId unique within its payment
 * @param amount positive, in the payment's currency
 * @param effectiveAt business time
 * @param recordedAt the server's time
 */
public record Refund(
    String refundId, Money amount, String reason, Instant effectiveAt, Instant recordedAt) {

  public Refund {
    if (amount.minorUnits() == 0) {
      throw new IllegalArgumentException("a refund of nothing");
    }
  }
}
