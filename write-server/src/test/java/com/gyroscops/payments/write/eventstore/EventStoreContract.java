package com.gyroscops.payments.write.eventstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.Chain.Entry;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every event store keeps. A subclass says how to open an empty one. */
public abstract class EventStoreContract {

  /** An empty store. */
  protected abstract EventStore store();

  private static PaymentKey key(String id) {
    return new PaymentKey("acme", id);
  }

  private static UUID request(String id) {
    return Keys.request("acme", id);
  }

  private static UUID hash(String content) {
    return new Digest().text(content).toUuid();
  }

  private static PaymentEvent event(String paymentId, long version) {
    return PaymentEvent.newBuilder()
        .setEventId(UUID.randomUUID().toString())
        .setOrganizationId("acme")
        .setPaymentId(paymentId)
        .setVersion(version)
        .setPayment(Payment.newBuilder().setPaymentId(paymentId).setVersion(version))
        .build();
  }

  private static Entry accepted(String request, PaymentEvent event) {
    return new Entry.Accepted(request(request), hash(request), event);
  }

  private static Entry rejected(String request, String why) {
    return new Entry.Rejected(
        request(request),
        hash(request),
        CommandError.newBuilder().setCode(5).setMessage(why).build());
  }

  private static EventStore.Appended append(EventStore store, Chain... chains) {
    return store.append(EventStore.ANY_EPOCH, List.of(chains));
  }

  private static Chain chain(String paymentId, long base, Entry... entries) {
    return new Chain(key(paymentId), base, List.of(entries));
  }

  private static List<Long> positions(List<PaymentEvent> events) {
    return events.stream().map(PaymentEvent::getPosition).toList();
  }

  @Test
  void anEmptyStoreHasAHeadAtZeroAndNothingElse() {
    EventStore store = store();
    assertThat(store.head().position()).isZero();
    assertThat(store.head().epoch()).isNotEmpty();
    assertThat(store.read(0, 10, 1_000).events()).isEmpty();
    assertThat(store.newest(List.of(key("p"))).events()).isEmpty();
    assertThat(store.request(request("r"))).isEmpty();
  }

  @Test
  void chainsTakeDensePositionsInTheirOrder() {
    EventStore store = store();
    var appended =
        append(
            store,
            chain("a", 0, accepted("1", event("a", 1)), accepted("2", event("a", 2))),
            chain("b", 0, rejected("3", "no")),
            chain("c", 0, accepted("4", event("c", 1))));
    assertThat(appended.answers())
        .containsExactly(
            new ChainAnswer.Stored(1), new ChainAnswer.Stored(2), new ChainAnswer.Stored(3));
    assertThat(appended.epoch()).isEqualTo(store.head().epoch());
    assertThat(store.head().position()).isEqualTo(3);
    List<PaymentEvent> log = store.read(0, 10, 1_000_000).events();
    assertThat(positions(log)).containsExactly(1L, 2L, 3L);
    assertThat(log).extracting(PaymentEvent::getPaymentId).containsExactly("a", "a", "c");
    assertThat(log).extracting(PaymentEvent::getLogId).containsOnly(store.head().logId());
  }

  @Test
  void theNewestEventOfAPaymentIsFoundWithItsPosition() {
    EventStore store = store();
    PaymentEvent second = event("a", 2);
    append(store, chain("a", 0, accepted("1", event("a", 1))));
    append(store, chain("a", 1, accepted("2", second)));
    var newest = store.newest(List.of(key("a"), key("unknown"))).events();
    assertThat(newest.keySet()).containsExactly(key("a"));
    assertThat(newest.get(key("a")))
        .isEqualTo(second.toBuilder().setPosition(2).setLogId(store.head().logId()).build());
  }

  @Test
  void aPaymentIdInAnotherOrganizationIsAnotherPayment() {
    EventStore store = store();
    append(store, chain("a", 0, accepted("1", event("a", 1))));
    var elsewhere = new PaymentKey("other", "a");
    assertThat(store.newest(List.of(elsewhere)).events()).isEmpty();
    var appended = append(store, new Chain(elsewhere, 0, List.of(accepted("2", event("a", 1)))));
    assertThat(appended.answers()).containsExactly(new ChainAnswer.Stored(2));
  }

  @Test
  void aConflictLeavesNothingBehindAndHindersNobody() {
    EventStore store = store();
    append(store, chain("a", 0, accepted("1", event("a", 1))));
    var appended =
        append(
            store,
            chain("a", 0, accepted("2", event("a", 1)), rejected("3", "no")),
            chain("b", 3, accepted("4", event("b", 4))),
            chain("c", 0, accepted("5", event("c", 1))));
    assertThat(appended.answers())
        .containsExactly(
            new ChainAnswer.Conflict(1), new ChainAnswer.Conflict(0), new ChainAnswer.Stored(2));
    assertThat(store.head().position()).isEqualTo(2);
    for (String request : List.of("2", "3", "4")) {
      assertThat(store.request(request(request))).isEmpty();
    }
  }

  @Test
  void aKnownRequestAnswersWhatWasStoredAndStopsItsChain() {
    EventStore store = store();
    PaymentEvent first = event("a", 1);
    append(store, chain("a", 0, accepted("1", first)));
    append(store, chain("b", 0, rejected("2", "no such payment")));
    var appended =
        append(
            store,
            chain("a", 1, accepted("9", event("a", 2)), accepted("1", event("a", 3))),
            chain("b", 0, new Entry.Refused(request("2"))));
    PaymentEvent stored = first.toBuilder().setPosition(1).setLogId(store.head().logId()).build();
    assertThat(appended.answers())
        .containsExactly(
            new ChainAnswer.Known(
                Map.of(1, new KnownRequest.Accepted(hash("1"), store.head().epoch(), stored))),
            new ChainAnswer.Known(
                Map.of(
                    0,
                    new KnownRequest.Rejected(
                        hash("2"),
                        CommandError.newBuilder()
                            .setCode(5)
                            .setMessage("no such payment")
                            .build()))));
    assertThat(store.head().position()).isEqualTo(1);
    assertThat(store.request(request("9"))).isEmpty();
    assertThat(store.request(request("1")))
        .contains(new KnownRequest.Accepted(hash("1"), store.head().epoch(), stored));
  }

  @Test
  void whatIsOnlyRefusedOrAskedIsCheckedButNotStored() {
    EventStore store = store();
    append(store, chain("a", 0, accepted("1", event("a", 1))));
    var appended =
        append(
            store,
            chain("a", 1, new Entry.Refused(request("2")), new Entry.Asked()),
            chain("b", 7, new Entry.Asked()));
    assertThat(appended.answers())
        .containsExactly(new ChainAnswer.Stored(1), new ChainAnswer.Conflict(0));
    assertThat(store.request(request("2"))).isEmpty();
    assertThat(store.head().position()).isEqualTo(1);
  }

  @Test
  void readingStopsAtItsLimitsAndGoesOnFromThere() {
    EventStore store = store();
    List<Chain> chains = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      chains.add(chain("p" + i, 0, accepted("r" + i, event("p" + i, 1))));
    }
    store.append(EventStore.ANY_EPOCH, chains);
    assertThat(positions(store.read(0, 3, 1_000_000).events())).containsExactly(1L, 2L, 3L);
    assertThat(positions(store.read(17, 100, 1_000_000).events())).containsExactly(18L, 19L, 20L);
    assertThat(positions(store.read(4, 100, 1).events())).containsExactly(5L);
  }

  @Test
  void concurrentAppendsLeaveNoGapAndNoDouble() throws Exception {
    EventStore store = store();
    int writers = 4;
    int appends = 50;
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int w = 0; w < writers; w++) {
      String writer = "w" + w;
      tasks.add(() -> {
        int stored = 0;
        for (int i = 0; i < appends; i++) {
          var answers =
              append(
                      store,
                      chain(writer, i, accepted(writer + i, event(writer, i + 1L))),
                      // All writers want this one: of each version just one may win.
                      chain("shared", i, accepted(writer + "s" + i, event("shared", i + 1L))))
                  .answers();
          assertThat(answers.getFirst()).isInstanceOf(ChainAnswer.Stored.class);
          stored += answers.getLast() instanceof ChainAnswer.Stored ? 1 : 0;
        }
        return stored;
      });
    }
    int shared = 0;
    try (var threads = Executors.newFixedThreadPool(writers)) {
      for (Future<Integer> stored : threads.invokeAll(tasks)) {
        shared += stored.get();
      }
    }
    List<PaymentEvent> log = store.read(0, 10_000, 100_000_000).events();
    assertThat(positions(log))
        .isEqualTo(LongStream.rangeClosed(1, writers * appends + shared).boxed().toList());
    assertThat(
            log.stream()
                .filter(event -> event.getPaymentId().equals("shared"))
                .map(PaymentEvent::getVersion))
        .isEqualTo(LongStream.rangeClosed(1, shared).boxed().toList());
  }

  private static CommandError cancelled() {
    return CommandError.newBuilder().setCode(1).setReason("CANCELLED").build();
  }

  @Test
  void aRequestThatIsClosedIsNeverAccepted() {
    EventStore store = store();
    assertThat(store.close(request("r"), hash("r"), cancelled())).isEmpty();

    var late = append(store, chain("p", 0, accepted("r", event("p", 1)))).answers();

    assertThat(late)
        .containsExactly(
            new ChainAnswer.Known(Map.of(0, new KnownRequest.Rejected(hash("r"), cancelled()))));
    assertThat(store.head().position()).isZero();
    assertThat(store.request(request("r")))
        .contains(new KnownRequest.Rejected(hash("r"), cancelled()));
    assertThat(store.close(request("r"), hash("r"), CommandError.getDefaultInstance()))
        .contains(new KnownRequest.Rejected(hash("r"), cancelled()));
  }

  @Test
  void aRequestThatWasDecidedStaysAsItIsWhenItIsClosed() {
    EventStore store = store();
    PaymentEvent event = event("p", 1);
    append(store, chain("p", 0, accepted("r", event)), chain("q", 0, rejected("s", "no")));

    assertThat(store.close(request("r"), hash("other"), cancelled()))
        .hasValueSatisfying(known -> {
          assertThat(known.requestHash()).isEqualTo(hash("r"));
          assertThat(((KnownRequest.Accepted) known).event().getPosition()).isEqualTo(1);
        });
    assertThat(store.close(request("s"), hash("s"), cancelled()))
        .hasValueSatisfying(known -> assertThat(known).isInstanceOf(KnownRequest.Rejected.class));
    assertThat(store.decided(List.of(request("r"), request("s"), request("t"))))
        .containsExactlyInAnyOrder(request("r"), request("s"));
  }

  /** Whichever is stored first stands, and the other is told: never both, never neither. */
  @Test
  void ofAppendAndCloseExactlyOneWins() throws Exception {
    EventStore store = store();
    int requests = 300;
    List<Callable<Integer>> tasks = new ArrayList<>();
    tasks.add(() -> {
      int won = 0;
      for (int i = 0; i < requests; i++) {
        var answer =
            append(store, chain("p" + i, 0, accepted("r" + i, event("p" + i, 1))))
                .answers()
                .getFirst();
        won += answer instanceof ChainAnswer.Stored ? 1 : 0;
      }
      return won;
    });
    tasks.add(() -> {
      int won = 0;
      for (int i = 0; i < requests; i++) {
        won += store.close(request("r" + i), hash("r" + i), cancelled()).isEmpty() ? 1 : 0;
      }
      return won;
    });
    List<Integer> won = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(tasks.size())) {
      for (Future<Integer> each : threads.invokeAll(tasks)) {
        won.add(each.get());
      }
    }
    assertThat(won.getFirst() + won.getLast()).isEqualTo(requests);
    assertThat(store.head().position()).isEqualTo(won.getFirst().longValue());
  }

  @Test
  void whatItAnswersIsOfThePresentHistory() {
    EventStore store = store();
    append(store, chain("a", 0, accepted("1", event("a", 1))));
    String epoch = store.head().epoch();
    assertThat(store.head().lineage().ancestors()).isEmpty();
    assertThat(store.read(0, 10, 1_000).epoch()).isEqualTo(epoch);
    assertThat(store.read(1, 10, 1_000)).isEqualTo(new EventSlice(epoch, List.of()));
    assertThat(store.newest(List.of()).head()).isEqualTo(store.head());
    assertThat(store.newest(List.of(key("a"))).head()).isEqualTo(store.head());
  }

  @Test
  void whatWasDecidedInAnotherHistoryIsNotStored() {
    EventStore store = store();
    append(store, chain("a", 0, accepted("1", event("a", 1))));
    String other = UUID.randomUUID().toString();
    // The versions are right, and so would be what is known of the first.
    var appended =
        store.append(
            other,
            List.of(
                chain("a", 1, accepted("1", event("a", 2))),
                chain("b", 0, accepted("2", event("b", 1)), rejected("3", "no"))));
    assertThat(appended.epoch()).isEqualTo(store.head().epoch());
    assertThat(appended.answers())
        .containsExactly(new ChainAnswer.OtherHistory(), new ChainAnswer.OtherHistory());
    assertThat(store.head().position()).isEqualTo(1);
    assertThat(store.decided(List.of(request("2"), request("3")))).isEmpty();
    var again =
        store.append(appended.epoch(), List.of(chain("a", 1, accepted("4", event("a", 2)))));
    assertThat(again.answers()).containsExactly(new ChainAnswer.Stored(2));
  }
}
