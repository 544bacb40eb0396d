package com.gyroscops.payments.write.eventstore;

import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;

/**
 * Events of one history, in order.
 *
 * @param epoch of the log, in the same snapshot as the events
 */
public record EventSlice(String epoch, List<PaymentEvent> events) {}
