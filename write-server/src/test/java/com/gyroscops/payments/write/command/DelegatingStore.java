package com.gyroscops.payments.write.command;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.EventSlice;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** An event store that does what another one does, but for what a test overrides. */
class DelegatingStore implements EventStore {

  private volatile EventStore store;

  DelegatingStore(EventStore store) {
    this.store = store;
  }

  /** As a connection that leads to another server from now on. */
  final void failOverTo(EventStore other) {
    store = other;
  }

  @Override
  public LogHead head() {
    return store.head();
  }

  @Override
  public Newest newest(Collection<PaymentKey> keys) {
    return store.newest(keys);
  }

  @Override
  public Appended append(String epoch, List<Chain> chains) {
    return store.append(epoch, chains);
  }

  @Override
  public EventSlice read(long after, int countMax, int bytesMax) {
    return store.read(after, countMax, bytesMax);
  }

  @Override
  public Optional<KnownRequest> request(UUID requestKey) {
    return store.request(requestKey);
  }

  @Override
  public Set<UUID> decided(Collection<UUID> requestKeys) {
    return store.decided(requestKeys);
  }

  @Override
  public Optional<KnownRequest> close(UUID requestKey, UUID requestHash, CommandError outcome) {
    return store.close(requestKey, requestHash, outcome);
  }
}
