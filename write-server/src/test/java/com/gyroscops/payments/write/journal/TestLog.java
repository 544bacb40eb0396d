package com.gyroscops.payments.write.journal;

import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentCreated;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.Chain.Entry;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.memory.MemoryEventStore;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A log in memory, and creations to fill it with. */
final class TestLog {

  static final String EPOCH = "epoch-1";

  private TestLog() {}

  static MemoryEventStore of(int events) {
    MemoryEventStore store = new MemoryEventStore(EPOCH);
    append(store, events);
    return store;
  }

  /** Appends creations of new payments; the events. */
  static List<PaymentEvent> append(EventStore store, int events) {
    long before = store.head().position();
    List<Chain> chains = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      chains.add(creation("pay-" + (before + i + 1), UUID.randomUUID().toString()));
    }
    if (!chains.isEmpty()) {
      var _ = store.append(EventStore.ANY_EPOCH, chains);
    }
    return store.read(before, events + 1, Integer.MAX_VALUE).events();
  }

  static Chain creation(String id, String eventId) {
    PaymentEvent event =
        PaymentEvent.newBuilder()
            .setEventId(eventId)
            .setOrganizationId("acme")
            .setPaymentId(id)
            .setVersion(1)
            .setPayment(
                Payment.newBuilder()
                    .setPaymentId(id)
                    .setPersonalData(PersonalData.newBuilder().setDescription("x".repeat(200))))
            .setCreated(PaymentCreated.getDefaultInstance())
            .build();
    return new Chain(
        new PaymentKey("acme", id),
        0,
        List.of(new Entry.Accepted(Keys.request("acme", id), new UUID(1, 1), event)));
  }
}
