package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.v1.PaymentEvent;

/** An event that the model refuses, or that follows one. */
record ParkedEvent(PaymentEvent event, String reason) {}
