package com.gyroscops.payments.write.payment;

import java.time.Instant;

/** Why a command is refused: a deterministic consequence of the command and the state. */
public sealed interface Rejection {

  /** There is no such payment. */
  record NotFound(PaymentKey key) implements Rejection {}

  /** There is such a payment already. */
  record AlreadyExists(PaymentKey key) implements Rejection {}

  /** Nobody pays in this currency any more at the time of the payment. */
  record CurrencyWithdrawn(String currency, Instant end) implements Rejection {}

  /** The payment is in no status for this. */
  record WrongStatus(Payment.Existing state) implements Rejection {}

  /** The amount taken is not the amount owed. */
  record AmountMismatch(Money amount, Money requested) implements Rejection {}

  /** More than what is left. */
  record RefundExceedsRemaining(Payment.Completed state, Money requested) implements Rejection {}

  /** Not the payment's currency. */
  record RefundCurrency(String payment, String requested) implements Rejection {}

  /** The payment has a refund of that id. */
  record RefundExists(String refundId) implements Rejection {}

  /** The payment has as many refunds as one may have. */
  record RefundLimit(int max) implements Rejection {}
}
