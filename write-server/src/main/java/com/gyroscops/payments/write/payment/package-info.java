/**
 * The domain: what a payment is, what may be asked of it and what follows. The JDK alone, no clock,
 * no I/O: {@link com.gyroscops.payments.write.payment.PaymentDecider#decide} is a pure function.
 */
@NullMarked
package com.gyroscops.payments.write.payment;

import org.jspecify.annotations.NullMarked;
