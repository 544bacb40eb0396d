package com.gyroscops.payments.write.eventstore.memory;

import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.EventStoreContract;

class MemoryEventStoreTest extends EventStoreContract {

  @Override
  protected EventStore store() {
    return new MemoryEventStore("epoch-1");
  }
}
