package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.Optional;

/** Why a model that keeps the newest state of payments refuses an event; reasons are for people. */
public final class Refusals {

  /** Events after a refused one are refused as well. */
  public static final String EARLIER_PARKED = "earlier events of the payment are parked";

  public static final String WITHOUT_STATE = "the event does not carry its payment's state";

  private Refusals() {}

  /**
   * Why an event does not follow on what is stored; empty: it does.
   *
   * @param version that its payment has so far; 0: there is no such payment
   */
  public static Optional<String> of(PaymentEvent event, long version) {
    if (event.getVersion() != version + 1) {
      return Optional.of(
          "version " + event.getVersion() + " where " + (version + 1) + " must follow");
    }
    return carriesItsPayment(event) ? Optional.empty() : Optional.of(WITHOUT_STATE);
  }

  /** Whether an event has the state of its payment as of itself. */
  public static boolean carriesItsPayment(PaymentEvent event) {
    Payment payment = event.getPayment();
    return event.hasPayment()
        && payment.getVersion() == event.getVersion()
        && PaymentKey.of(payment).equals(PaymentKey.of(event));
  }
}
