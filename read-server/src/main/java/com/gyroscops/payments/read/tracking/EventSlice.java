package com.gyroscops.payments.read.tracking;

import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;

/** What a stretch knows of the events of one organization, or payment, after a position. */
public sealed interface EventSlice {

  /**
   * All of them up to {@code upTo}, in order, none left out.
   *
   * @param more whether there are more after {@code upTo} already
   */
  record Known(List<PaymentEvent> events, long upTo, boolean more) implements EventSlice {}

  /** Some of them are forgotten, or may be. */
  record Forgotten() implements EventSlice {}
}
