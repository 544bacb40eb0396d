package com.gyroscops.payments.write.eventstore.memory;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.Chain.Entry;
import com.gyroscops.payments.write.eventstore.ChainAnswer;
import com.gyroscops.payments.write.eventstore.EventSlice;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** {@link EventStore} in memory. One lock around everything; never unavailable. */
public final class MemoryEventStore implements EventStore {

  private static final String LOG_ID = "main";

  private final Lineage lineage;
  private final List<PaymentEvent> log = new ArrayList<>();
  private final Map<PaymentKey, PaymentEvent> newest = new HashMap<>();
  private final Map<UUID, KnownRequest> requests = new HashMap<>();

  /**
   * @param epoch identity of this history
   */
  public MemoryEventStore(String epoch) {
    this(Lineage.of(epoch));
  }

  private MemoryEventStore(Lineage lineage) {
    this.lineage = lineage;
  }

  /**
   * A store in a later history, which shares the events up to a position with that of another
   * store, and the requests that they are of.
   */
  public static MemoryEventStore continuing(
      MemoryEventStore before, String epoch, long sharedPosition) {
    synchronized (before) {
      List<Lineage.Ancestor> ancestors = new ArrayList<>();
      before
          .lineage
          .ancestors()
          .forEach(it ->
              ancestors.add(
                  new Lineage.Ancestor(it.epoch(), Math.min(it.sharedPosition(), sharedPosition))));
      ancestors.add(new Lineage.Ancestor(before.lineage.epoch(), sharedPosition));
      MemoryEventStore store = new MemoryEventStore(new Lineage(epoch, ancestors));
      before.log.stream()
          .limit(sharedPosition)
          .forEach(event -> {
            store.log.add(event);
            store.newest.put(
                new PaymentKey(event.getOrganizationId(), event.getPaymentId()), event);
          });
      before.requests.forEach((key, known) -> {
        switch (known) {
          case KnownRequest.Accepted(UUID hash, var _, PaymentEvent event) -> {
            if (event.getPosition() <= sharedPosition) {
              store.requests.put(key, new KnownRequest.Accepted(hash, epoch, event));
            }
          }
          case KnownRequest.Rejected rejected -> store.requests.put(key, rejected);
        }
      });
      return store;
    }
  }

  @Override
  public synchronized LogHead head() {
    return new LogHead(LOG_ID, lineage, log.size());
  }

  @Override
  public synchronized Newest newest(Collection<PaymentKey> keys) {
    Map<PaymentKey, PaymentEvent> found = new HashMap<>(newest);
    found.keySet().retainAll(List.copyOf(keys));
    return new Newest(head(), found);
  }

  @Override
  public synchronized Appended append(String epoch, List<Chain> chains) {
    if (chains.isEmpty()) {
      throw new IllegalArgumentException("nothing to append");
    }
    if (!epoch.equals(ANY_EPOCH) && !epoch.equals(lineage.epoch())) {
      return new Appended(
          LOG_ID,
          lineage.epoch(),
          Collections.nCopies(chains.size(), new ChainAnswer.OtherHistory()));
    }
    List<ChainAnswer> answers = new ArrayList<>();
    // All are judged by the state before the batch, as in one transaction that locks first.
    chains.forEach(chain -> answers.add(judge(chain)));
    long position = log.size();
    for (int i = 0; i < chains.size(); i++) {
      if (answers.get(i) instanceof ChainAnswer.Stored) {
        int before = log.size();
        store(chains.get(i));
        answers.set(i, new ChainAnswer.Stored(log.size() == before ? position : before + 1L));
        position = log.size();
      }
    }
    return new Appended(LOG_ID, lineage.epoch(), answers);
  }

  @Override
  public synchronized EventSlice read(long after, int countMax, int bytesMax) {
    List<PaymentEvent> events = new ArrayList<>();
    int bytes = 0;
    for (int i = Math.toIntExact(after);
        i < log.size() && events.size() < countMax && bytes < bytesMax;
        i++) {
      events.add(log.get(i));
      bytes += log.get(i).getSerializedSize();
    }
    return new EventSlice(lineage.epoch(), events);
  }

  @Override
  public synchronized Optional<KnownRequest> request(UUID requestKey) {
    return Optional.ofNullable(requests.get(requestKey));
  }

  @Override
  public synchronized Set<UUID> decided(Collection<UUID> requestKeys) {
    return requestKeys.stream().filter(requests::containsKey).collect(Collectors.toSet());
  }

  @Override
  public synchronized Optional<KnownRequest> close(
      UUID requestKey, UUID requestHash, CommandError outcome) {
    return Optional.ofNullable(
        requests.putIfAbsent(requestKey, new KnownRequest.Rejected(requestHash, outcome)));
  }

  private ChainAnswer judge(Chain chain) {
    Map<Integer, KnownRequest> known = new HashMap<>();
    for (int i = 0; i < chain.entries().size(); i++) {
      KnownRequest request =
          switch (chain.entries().get(i)) {
            case Entry.Accepted accepted -> requests.get(accepted.requestKey());
            case Entry.Rejected rejected -> requests.get(rejected.requestKey());
            case Entry.Refused refused -> requests.get(refused.requestKey());
            case Entry.Asked _ -> null;
          };
      if (request != null) {
        known.put(i, request);
      }
    }
    if (!known.isEmpty()) {
      return new ChainAnswer.Known(known);
    }
    PaymentEvent current = newest.get(chain.key());
    long version = current == null ? 0 : current.getVersion();
    return version == chain.baseVersion()
        ? new ChainAnswer.Stored(0)
        : new ChainAnswer.Conflict(version);
  }

  private void store(Chain chain) {
    for (Entry entry : chain.entries()) {
      switch (entry) {
        case Entry.Accepted(UUID request, UUID hash, PaymentEvent event) -> {
          PaymentEvent stored =
              event.toBuilder().setLogId(LOG_ID).setPosition(log.size() + 1L).build();
          log.add(stored);
          newest.put(chain.key(), stored);
          requests.put(request, new KnownRequest.Accepted(hash, lineage.epoch(), stored));
        }
        case Entry.Rejected(UUID request, UUID hash, var error) ->
            requests.put(request, new KnownRequest.Rejected(hash, error));
        case Entry.Refused _, Entry.Asked _ -> {}
      }
    }
  }
}
