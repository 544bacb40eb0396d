package com.gyroscops.payments.benchmarks;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentCreated;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentProcessed;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.ProcessPaymentRequest;

/** What peers store for a command: messages of the same size as the write-server's own. */
final class Events {

  private Events() {}

  static PaymentEvent created(CreatePaymentRequest create) {
    Timestamp now = Commands.now();
    Amount nothing =
        Amount.newBuilder().setCurrencyCode(create.getAmount().getCurrencyCode()).build();
    Payment payment =
        Payment.newBuilder()
            .setOrganizationId(create.getOrganizationId())
            .setPaymentId(create.getPaymentId())
            .setVersion(1)
            .setStatus(PaymentStatus.PAYMENT_STATUS_PROCESSING)
            .setAmount(create.getAmount())
            .setCapturedAmount(nothing)
            .setRefundedAmount(nothing)
            .setPersonalData(create.getPersonalData())
            .setMerchantReference(create.getMerchantReference())
            .setEffectiveTime(now)
            .setCreateTime(now)
            .setUpdateTime(now)
            .build();
    return envelope(payment, create.getContext().getRequestId(), now)
        .setCreated(PaymentCreated.getDefaultInstance())
        .build();
  }

  static PaymentEvent processed(PaymentEvent created, ProcessPaymentRequest process) {
    Timestamp now = Commands.now();
    Payment payment =
        created.getPayment().toBuilder()
            .setVersion(2)
            .setStatus(PaymentStatus.PAYMENT_STATUS_COMPLETED)
            .setCapturedAmount(created.getPayment().getAmount())
            .setProviderReference(process.getProviderReference())
            .setUpdateTime(now)
            .setCompleteTime(now)
            .build();
    return envelope(payment, process.getContext().getRequestId(), now)
        .setProcessed(PaymentProcessed.newBuilder().setCapturedAmount(payment.getCapturedAmount()))
        .build();
  }

  private static PaymentEvent.Builder envelope(Payment payment, String requestId, Timestamp now) {
    return PaymentEvent.newBuilder()
        .setEventId(Commands.newId())
        .setOrganizationId(payment.getOrganizationId())
        .setPaymentId(payment.getPaymentId())
        .setVersion(payment.getVersion())
        .setSchemaVersion(2)
        .setRequestId(requestId)
        .setEffectiveTime(now)
        .setRecordTime(now)
        .setPayment(payment);
  }
}
