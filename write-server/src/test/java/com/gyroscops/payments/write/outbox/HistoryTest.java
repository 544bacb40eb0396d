package com.gyroscops.payments.write.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.Creations;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.eventstore.memory.MemoryEventStore;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryTest {

  private static MemoryEventStore storeOf(int events) {
    MemoryEventStore store = new MemoryEventStore("epoch-1");
    List<Chain> chains = new ArrayList<>();
    for (int i = 1; i <= events; i++) {
      chains.add(Creations.of("event-" + i, "event-" + i));
    }
    var _ = store.append(EventStore.ANY_EPOCH, chains);
    return store;
  }

  private static SubscribeStart start(String epoch, long position, String eventId) {
    return SubscribeStart.newBuilder()
        .setEpoch(epoch)
        .setPosition(position)
        .setEventId(eventId)
        .build();
  }

  @Test
  void whatALaterHistorySharesBelongsToItAndWhatItLostDoesNot() {
    MemoryEventStore before = storeOf(10);
    MemoryEventStore later = MemoryEventStore.continuing(before, "epoch-2", 7);
    assertThat(History.contains(later, later.head(), start("epoch-1", 7, "event-7"))).isTrue();
    assertThat(History.contains(later, later.head(), start("epoch-2", 7, "event-7"))).isTrue();
    assertThat(History.contains(later, later.head(), start("epoch-1", 8, "event-8"))).isFalse();
    assertThat(History.contains(later, later.head(), start("epoch-1", 7, "event-8"))).isFalse();
    assertThat(History.contains(later, later.head(), start("epoch-0", 7, "event-7"))).isFalse();
    assertThat(History.contains(later, later.head(), start("", 0, ""))).isTrue();
  }

  /** The database was started anew between the two looks: nothing is lost, and nothing is known. */
  @Test
  void aHistoryThatChangesWhileItIsComparedIsNotAnotherOne() {
    MemoryEventStore before = storeOf(10);
    MemoryEventStore later = MemoryEventStore.continuing(before, "epoch-2", 10);
    SubscribeStart start = start("epoch-1", 10, "event-10");
    assertThatThrownBy(() -> History.contains(later, before.head(), start))
        .isInstanceOf(StoreUnavailableException.class);
    assertThat(History.contains(later, later.head(), start)).isTrue();
  }
}
