package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;

/** Identity of a payment: the same payment id in another organization is another payment. */
public record PaymentKey(String organizationId, String paymentId) {

  /** Of the payment that the event is about. */
  public static PaymentKey of(PaymentEvent event) {
    return new PaymentKey(event.getOrganizationId(), event.getPaymentId());
  }

  /** Of the payment itself. */
  public static PaymentKey of(Payment payment) {
    return new PaymentKey(payment.getOrganizationId(), payment.getPaymentId());
  }
}
