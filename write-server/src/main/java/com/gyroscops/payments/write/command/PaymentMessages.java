package com.gyroscops.payments.write.command;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CaptureMethod;
import com.gyroscops.payments.v1.DeletionPersonalData;
import com.gyroscops.payments.v1.FailurePersonalData;
import com.gyroscops.payments.v1.PaymentCreated;
import com.gyroscops.payments.v1.PaymentDeleted;
import com.gyroscops.payments.v1.PaymentFailed;
import com.gyroscops.payments.v1.PaymentProcessed;
import com.gyroscops.payments.v1.PaymentRefunded;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.PaymentUpdated;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.RefundPersonalData;
import com.gyroscops.payments.v1.RefundState;
import com.gyroscops.payments.write.payment.Description;
import com.gyroscops.payments.write.payment.Failure;
import com.gyroscops.payments.write.payment.Money;
import com.gyroscops.payments.write.payment.Payment;
import com.gyroscops.payments.write.payment.PaymentCommand.Changes;
import com.gyroscops.payments.write.payment.PaymentEvent;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.gyroscops.payments.write.payment.Refund;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The domain's states and events as the contract's messages, and states back again. A state
 * survives the round trip unchanged, but for times below the nanosecond, which neither side has.
 */
final class PaymentMessages {

  private PaymentMessages() {}

  /** The status that a state is shown under. */
  static PaymentStatus status(Payment.Existing state) {
    return switch (state) {
      case Payment.Processing _ -> PaymentStatus.PAYMENT_STATUS_PROCESSING;
      case Payment.Completed completed ->
          completed.refunds().isEmpty()
              ? PaymentStatus.PAYMENT_STATUS_COMPLETED
              : completed.remaining().minorUnits() == 0
                  ? PaymentStatus.PAYMENT_STATUS_REFUNDED
                  : PaymentStatus.PAYMENT_STATUS_PARTIALLY_REFUNDED;
      case Payment.Failed _ -> PaymentStatus.PAYMENT_STATUS_FAILED;
      case Payment.Deleted _ -> PaymentStatus.PAYMENT_STATUS_DELETED;
    };
  }

  /** A state as a message. */
  static com.gyroscops.payments.v1.Payment toMessage(Payment.Existing state) {
    Payment.Facts facts = state.facts();
    Description description = facts.description();
    Amount nothing = toMessage(Money.zero(facts.amount().currency()));
    var message =
        com.gyroscops.payments.v1.Payment.newBuilder()
            .setOrganizationId(facts.key().organizationId())
            .setPaymentId(facts.key().paymentId())
            .setVersion(facts.version())
            .setStatus(status(state))
            .setAmount(toMessage(facts.amount()))
            .setCapturedAmount(nothing)
            .setRefundedAmount(nothing)
            .setCaptureMethod(CaptureMethod.CAPTURE_METHOD_AUTOMATIC)
            .setPersonalData(
                PersonalData.newBuilder()
                    .setUserId(description.userId())
                    .setDescription(description.text())
                    .putAllMetadata(description.metadata()))
            .setMerchantReference(description.merchantReference())
            .setProviderReference(description.providerReference())
            .setCorrelationId(facts.correlationId())
            .setEffectiveTime(Timestamps.of(facts.effectiveAt()))
            .setCreateTime(Timestamps.of(facts.createdAt()))
            .setUpdateTime(Timestamps.of(facts.updatedAt()));
    switch (state) {
      case Payment.Processing _ -> {}
      case Payment.Completed completed -> {
        message
            .setCapturedAmount(toMessage(facts.amount()))
            .setRefundedAmount(toMessage(completed.refunded()))
            .setRefundCount(completed.refunds().size())
            .setCompleteTime(Timestamps.of(completed.completedAt()));
        completed.refunds().forEach(refund -> message.addRecentRefunds(toMessage(refund)));
      }
      case Payment.Failed failed -> message.setFailure(toMessage(failed.failure()));
      case Payment.Deleted deleted -> {
        if (deleted.failure() != null) {
          message.setFailure(toMessage(deleted.failure()));
        }
      }
    }
    return message.build();
  }

  /**
   * A message as a state.
   *
   * @throws IllegalStateException if the message has no status that this version knows, or not all
   *     of its refunds
   */
  static Payment.Existing toState(com.gyroscops.payments.v1.Payment message) {
    PersonalData personal = message.getPersonalData();
    var facts =
        new Payment.Facts(
            new PaymentKey(message.getOrganizationId(), message.getPaymentId()),
            message.getVersion(),
            toMoney(message.getAmount()),
            new Description(
                personal.getUserId(),
                personal.getDescription(),
                personal.getMetadataMap(),
                message.getMerchantReference(),
                message.getProviderReference()),
            message.getCorrelationId(),
            toInstant(message.getEffectiveTime()),
            toInstant(message.getCreateTime()),
            toInstant(message.getUpdateTime()));
    @Nullable Failure failure =
        message.hasFailure()
            ? new Failure(
                message.getFailure().getCode(), message.getFailure().getPersonalData().getMessage())
            : null;
    return switch (message.getStatus()) {
      case PAYMENT_STATUS_PROCESSING -> new Payment.Processing(facts);
      case PAYMENT_STATUS_COMPLETED, PAYMENT_STATUS_PARTIALLY_REFUNDED, PAYMENT_STATUS_REFUNDED ->
          new Payment.Completed(facts, toInstant(message.getCompleteTime()), toRefunds(message));
      case PAYMENT_STATUS_FAILED -> {
        if (failure == null) {
          throw new IllegalStateException("a failed payment without its failure: " + facts.key());
        }
        yield new Payment.Failed(facts, failure);
      }
      case PAYMENT_STATUS_DELETED -> new Payment.Deleted(facts, failure);
      case PAYMENT_STATUS_AUTHORIZED,
          PAYMENT_STATUS_PARTIALLY_CAPTURED,
          PAYMENT_STATUS_CAPTURED,
          PAYMENT_STATUS_VOIDED,
          PAYMENT_STATUS_EXPIRED,
          PAYMENT_STATUS_DISPUTED,
          PAYMENT_STATUS_CHARGED_BACK,
          PAYMENT_STATUS_UNSPECIFIED,
          UNRECOGNIZED ->
          throw new IllegalStateException("a payment of no known status: " + facts.key());
    };
  }

  /** Puts an event into its envelope. */
  static void setEvent(
      com.gyroscops.payments.v1.PaymentEvent.Builder envelope, PaymentEvent event) {
    switch (event) {
      case PaymentEvent.Created _ -> envelope.setCreated(PaymentCreated.getDefaultInstance());
      case PaymentEvent.Updated updated ->
          envelope.setUpdated(
              PaymentUpdated.newBuilder().addAllChangedPaths(changedPaths(updated.changes())));
      case PaymentEvent.Processed processed ->
          envelope.setProcessed(
              PaymentProcessed.newBuilder().setCapturedAmount(toMessage(processed.captured())));
      case PaymentEvent.Failed failed ->
          envelope.setFailed(PaymentFailed.newBuilder().setFailure(toMessage(failed.failure())));
      case PaymentEvent.Refunded refunded ->
          envelope.setRefunded(
              PaymentRefunded.newBuilder().setRefund(toMessage(refunded.refund())));
      case PaymentEvent.Deleted deleted ->
          envelope.setDeleted(
              PaymentDeleted.newBuilder()
                  .setPersonalData(DeletionPersonalData.newBuilder().setReason(deleted.reason())));
    }
  }

  private static List<String> changedPaths(Changes changes) {
    Map<String, Boolean> changed = new LinkedHashMap<>();
    changed.put("personal_data.user_id", changes.userId() != null);
    changed.put("personal_data.description", changes.text() != null);
    changed.put("personal_data.metadata", changes.metadata() != null);
    changed.put("merchant_reference", changes.merchantReference() != null);
    changed.put("provider_reference", changes.providerReference() != null);
    changed.values().removeIf(is -> !is);
    return List.copyOf(changed.keySet());
  }

  private static Amount toMessage(Money money) {
    return Amount.newBuilder()
        .setMinorUnits(money.minorUnits())
        .setCurrencyCode(money.currency())
        .build();
  }

  private static com.gyroscops.payments.v1.Failure toMessage(Failure failure) {
    return com.gyroscops.payments.v1.Failure.newBuilder()
        .setCode(failure.code())
        .setPersonalData(FailurePersonalData.newBuilder().setMessage(failure.message()))
        .build();
  }

  private static com.gyroscops.payments.v1.Refund toMessage(Refund refund) {
    return com.gyroscops.payments.v1.Refund.newBuilder()
        .setRefundId(refund.refundId())
        .setAmount(toMessage(refund.amount()))
        .setState(RefundState.REFUND_STATE_SUCCEEDED)
        .setPersonalData(RefundPersonalData.newBuilder().setReason(refund.reason()))
        .setEffectiveTime(Timestamps.of(refund.effectiveAt()))
        .setRecordTime(Timestamps.of(refund.recordedAt()))
        .build();
  }

  private static List<Refund> toRefunds(com.gyroscops.payments.v1.Payment message) {
    if (message.getRefundCount() != message.getRecentRefundsCount()) {
      throw new IllegalStateException(
          "not all refunds of a payment: " + message.getPaymentId() + " has more");
    }
    return message.getRecentRefundsList().stream().map(PaymentMessages::toRefund).toList();
  }

  private static Refund toRefund(com.gyroscops.payments.v1.Refund message) {
    if (message.getState() != RefundState.REFUND_STATE_SUCCEEDED) {
      throw new IllegalStateException("a refund of no known state: " + message.getRefundId());
    }
    return new Refund(
        message.getRefundId(),
        toMoney(message.getAmount()),
        message.getPersonalData().getReason(),
        toInstant(message.getEffectiveTime()),
        toInstant(message.getRecordTime()));
  }

  private static Money toMoney(Amount amount) {
    return new Money(amount.getMinorUnits(), amount.getCurrencyCode());
  }

  private static Instant toInstant(Timestamp timestamp) {
    return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
  }
}
