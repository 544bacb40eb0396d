package com.gyroscops.payments.write.outbox;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.Creations;
import com.gyroscops.payments.write.eventstore.EventSlice;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.memory.MemoryEventStore;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The tail, and who goes on from it, across failovers that lose commits. */
class OutboxTailTest {

  private static final Duration AWAIT_MAX = Duration.ofMinutes(1);

  private volatile MemoryEventStore present = new MemoryEventStore("epoch-1");
  private final OutboxTail tail = new OutboxTail(toPresent());

  /** A store whose every call goes to the server that is the primary at that time. */
  private EventStore toPresent() {
    return (EventStore)
        Proxy.newProxyInstance(
            EventStore.class.getClassLoader(),
            new Class<?>[] {EventStore.class},
            (_, method, arguments) -> method.invoke(present, arguments));
  }

  @AfterEach
  void close() {
    tail.close();
  }

  private static void await(BooleanSupplier condition) {
    eventually("in time", AWAIT_MAX, Duration.ofMillis(1), condition::getAsBoolean);
  }

  private static List<PaymentEvent> append(MemoryEventStore store, int events) {
    long before = store.head().position();
    List<Chain> chains = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      String id = UUID.randomUUID().toString();
      chains.add(Creations.of(id, id));
    }
    var _ = store.append(EventStore.ANY_EPOCH, chains);
    return store.read(before, events, Integer.MAX_VALUE).events();
  }

  private static List<PaymentEvent> all(MemoryEventStore store) {
    return store.read(0, Integer.MAX_VALUE, Integer.MAX_VALUE).events();
  }

  private List<PaymentEvent> after(long position, String eventId) {
    try {
      return tail.after(position, eventId, 100, 1 << 20).events();
    } catch (OtherEventException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * The new primary is at 97 where the tail is at 100, and a batch of 98 to 102 is committed before
   * the tail next looks: its head has not gone back.
   */
  @Test
  void eventsOfANewHistoryDoNotFollowThoseThatItLost() throws Exception {
    MemoryEventStore old = present;
    append(old, 97);
    MemoryEventStore promoted = MemoryEventStore.continuing(old, "epoch-2", 97);
    await(() -> tail.seen() == 97);
    List<PaymentEvent> lost = append(old, 3);
    tail.committed("epoch-1", lost);
    assertThat(tail.head().position()).isEqualTo(100);
    long generation = tail.generation();
    List<PaymentEvent> real = append(promoted, 5);
    present = promoted;
    // As the lane hears of it, without the tail having looked.
    tail.committed("epoch-2", real);
    await(() -> tail.generation() > generation && tail.seen() == 102);
    assertThat(tail.head().epoch()).isEqualTo("epoch-2");
    assertThat(tail.head().lineage().holds("epoch-1", 97)).isTrue();
    assertThat(tail.head().lineage().holds("epoch-1", 98)).isFalse();
    assertThat(after(97, "")).isEqualTo(real);
    assertThatThrownBy(() -> tail.after(100, lost.getLast().getEventId(), 100, 1 << 20))
        .isInstanceOf(OtherEventException.class);
  }

  @Test
  void aLogThatHoldsOtherEventsUnderTheSameEpochIsAnotherHistory() throws Exception {
    MemoryEventStore old = present;
    append(old, 97);
    MemoryEventStore restored = new MemoryEventStore("epoch-1");
    append(restored, 102);
    await(() -> tail.seen() == 97);
    long generation = tail.generation();
    present = restored;
    await(() -> tail.generation() > generation && tail.seen() == 102);
    assertThat(after(101, "")).isEqualTo(all(restored).subList(101, 102));
  }

  /** Relays and follows while servers fail over at random, as a subscriber and its source do. */
  @Test
  void whatIsFollowedIsAlwaysOneHistory() throws Exception {
    long seed = Seed.any();
    Random random = new Random(seed);
    Map<String, MemoryEventStore> histories = new HashMap<>(Map.of("epoch-1", present));
    Follower follower = new Follower();
    Thread following = Thread.ofPlatform().start(follower);
    try {
      for (int i = 2; i < 60; i++) {
        MemoryEventStore old = present;
        for (int n = random.nextInt(4); n > 0; n--) {
          List<PaymentEvent> committed = append(old, 1 + random.nextInt(5));
          if (random.nextBoolean()) {
            tail.committed(old.head().epoch(), committed);
          }
          if (random.nextInt(3) == 0) {
            Thread.sleep(random.nextInt(3));
          }
        }
        long head = old.head().position();
        long shared = random.nextInt(3) == 0 ? head : Math.max(0, head - random.nextInt(8));
        String epoch = "epoch-" + i;
        MemoryEventStore promoted = MemoryEventStore.continuing(old, epoch, shared);
        synchronized (histories) {
          histories.put(epoch, promoted);
        }
        List<PaymentEvent> first =
            random.nextInt(4) == 0 ? List.of() : append(promoted, 1 + random.nextInt(9));
        present = promoted;
        if (!first.isEmpty() && random.nextBoolean()) {
          tail.committed(epoch, first);
        }
      }
      MemoryEventStore last = present;
      await(() -> follower.isAt(last));
    } finally {
      follower.closing = true;
      following.join();
    }
    assertThat(follower.failure).as("seed %d", seed).isNull();
    assertThat(follower.applied).as("seed %d", seed).isEqualTo(all(present));
  }

  /** A subscription and a source in one: applies what follows, proves where it goes on from. */
  private final class Follower implements Runnable {
    private final EventStore store = toPresent();
    private final List<PaymentEvent> applied = new ArrayList<>();
    private String epoch = "";
    private volatile boolean closing;
    private volatile @Nullable Throwable failure;

    @Override
    public void run() {
      while (!closing && failure == null) {
        try {
          subscribe();
          Thread.sleep(0, 200_000);
        } catch (Exception | AssertionError e) {
          failure = e;
        }
      }
    }

    synchronized boolean isAt(MemoryEventStore last) {
      return failure != null
          || (epoch.equals(last.head().epoch()) && applied.size() == last.head().position());
    }

    private void subscribe() throws InterruptedException {
      long generation = tail.generation();
      LogHead head = store.head();
      if (!head.epoch().equals(tail.head().epoch())) {
        tail.wake();
        return;
      }
      synchronized (this) {
        if (!isHeldIn(head)) {
          applied.clear();
        }
        epoch = head.epoch();
      }
      while (!closing) {
        OutboxTail.Following next;
        try {
          next = tail.after(applied.size(), lastId(), 3, 1 << 20);
        } catch (OtherEventException _) {
          return;
        }
        if (next.generation() != generation || !next.epoch().equals(epoch)) {
          return;
        }
        synchronized (this) {
          applied.addAll(next.events());
        }
        if (next.events().isEmpty()) {
          if (tail.generation() != generation) {
            return;
          }
          Thread.sleep(0, 100_000);
        }
      }
    }

    private String lastId() {
      return applied.isEmpty() ? "" : applied.getLast().getEventId();
    }

    private boolean isHeldIn(LogHead head) {
      if (applied.isEmpty()) {
        return true;
      }
      EventSlice there = store.read(applied.size() - 1, 1, 1);
      return head.lineage().holds(epoch, applied.size())
          && there.epoch().equals(head.epoch())
          && !there.events().isEmpty()
          && there.events().getFirst().getEventId().equals(lastId());
    }
  }
}
