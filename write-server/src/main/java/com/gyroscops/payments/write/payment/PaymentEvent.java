package com.gyroscops.payments.write.payment;

import java.time.Instant;

/** What happened to a payment. */
public sealed interface PaymentEvent {

  /**
   * When it happened.
   *
   * @param effectiveAt business time
   * @param recordedAt the server's time
   */
  record Moment(Instant effectiveAt, Instant recordedAt) {}

  Moment at();

  /** It came into being. */
  record Created(
      PaymentKey key, Money amount, Description description, String correlationId, Moment at)
      implements PaymentEvent {}

  /** Descriptive fields changed. */
  record Updated(PaymentCommand.Changes changes, Moment at) implements PaymentEvent {}

  /** The money was taken. */
  record Processed(Money captured, String providerReference, Moment at) implements PaymentEvent {}

  /** The attempt failed. */
  record Failed(Failure failure, Moment at) implements PaymentEvent {}

  /** Money went back. */
  record Refunded(Refund refund, Moment at) implements PaymentEvent {}

  /** It was withdrawn. */
  record Deleted(String reason, Moment at) implements PaymentEvent {}
}
