package com.gyroscops.payments.write.eventstore;

import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.List;
import java.util.UUID;

/** Chains for tests: each creates a payment of acme, by a request that is named like it. */
public final class Creations {

  /** Of the request by which a payment is created. */
  public static final UUID REQUEST_HASH = new UUID(1, 1);

  private Creations() {}

  /** Creates the payment by an event with an id of its own. */
  public static Chain of(String id) {
    return of(id, UUID.randomUUID().toString());
  }

  public static Chain of(String id, String eventId) {
    return new Chain(
        new PaymentKey("acme", id),
        0,
        List.of(
            new Chain.Entry.Accepted(
                Keys.request("acme", id),
                REQUEST_HASH,
                PaymentEvent.newBuilder().setEventId(eventId).setVersion(1).build())));
  }
}
