package com.gyroscops.payments.write.payment;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What may be asked of a payment. Well-formed by construction; whether it is allowed is decided.
 */
public sealed interface PaymentCommand {

  /** The payment in question. */
  PaymentKey key();

  /**
   * Come into being, PROCESSING.
   *
   * @param currencyEnd the first business time at which nobody pays in the amount's currency any
   *     more; null: it is current
   */
  record Create(
      PaymentKey key, Money amount, @Nullable Instant currencyEnd, Description description)
      implements PaymentCommand {}

  /** Change descriptive fields. */
  record Update(PaymentKey key, Changes changes) implements PaymentCommand {}

  /**
   * The provider took the money.
   *
   * @param amount what was taken; null: the payment's amount
   * @param providerReference replaces the payment's unless empty
   */
  @SuppressWarnings(
      "AvoidCommonTypeNames") // The verb of the domain; no operating-system process here.
  record Process(PaymentKey key, @Nullable Money amount, String providerReference)
      implements PaymentCommand {}

  /** The attempt failed. */
  record Fail(PaymentKey key, Failure failure) implements PaymentCommand {}

  /**
   * Give money back.
   *
   * @param amount positive; null: all that is left
   */
  record Refund(PaymentKey key, String refundId, @Nullable Money amount, String reason)
      implements PaymentCommand {}

  /** Withdraw the payment. */
  record Delete(PaymentKey key, String reason) implements PaymentCommand {}

  /** New values of descriptive fields; null: as before. */
  record Changes(
      @Nullable String userId,
      @Nullable String text,
      @Nullable Map<String, String> metadata,
      @Nullable String merchantReference,
      @Nullable String providerReference) {

    /** The description with these changes. */
    Description applyTo(Description before) {
      return new Description(
          userId == null ? before.userId() : userId,
          text == null ? before.text() : text,
          metadata == null ? before.metadata() : metadata,
          merchantReference == null ? before.merchantReference() : merchantReference,
          providerReference == null ? before.providerReference() : providerReference);
    }
  }
}
