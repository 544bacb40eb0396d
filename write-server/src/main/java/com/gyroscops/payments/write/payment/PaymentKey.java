package com.gyroscops.payments.write.payment;

/** Identity of a payment: the same payment id in another organization is another payment. */
public record PaymentKey(String organizationId, String paymentId) {}
