package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;

/** Identity of a payment. */
record PaymentKey(String organizationId, String paymentId) {

  static PaymentKey of(PaymentEvent event) {
    return new PaymentKey(event.getOrganizationId(), event.getPaymentId());
  }

  static PaymentKey of(Payment payment) {
    return new PaymentKey(payment.getOrganizationId(), payment.getPaymentId());
  }
}
