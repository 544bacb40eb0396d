package com.gyroscops.payments.write.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.command.CommandOutcome.Refused;
import com.gyroscops.payments.write.command.CommandOutcome.Succeeded;
import com.gyroscops.payments.write.eventstore.AppendRefusedException;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.zaxxer.hikari.HikariDataSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The batcher on the real function of the real database, and on stores that go wrong. */
class CommandBatcherTest {

  private final List<AutoCloseable> open = new ArrayList<>();
  private HikariDataSource pool;
  private ScriptedStore store;
  private CommandBatcher batcher;

  @BeforeEach
  void start() {
    pool = TestDatabase.open();
    open.add(pool);
    store = new ScriptedStore(new PostgresEventStore(pool, "test"));
    batcher = batcher(store, 8_192);
  }

  @AfterEach
  void stop() throws Exception {
    store.letThrough();
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
  }

  /** Has the store hold the first command, and fills the four places behind it. */
  private List<CompletableFuture<CommandOutcome>> fill(CommandBatcher small) throws Exception {
    store.hold();
    List<CompletableFuture<CommandOutcome>> taken = new ArrayList<>();
    taken.add(small.handle(Commands.create("gate")).toCompletableFuture());
    store.awaitHeld();
    for (int i = 0; i < 4; i++) {
      taken.add(small.handle(Commands.create("p" + i)).toCompletableFuture());
    }
    return taken;
  }

  private CommandBatcher batcher(EventStore on, int queueMax) {
    CommandBatcher made = Batchers.on(on, queueMax);
    open.add(made);
    return made;
  }

  private CompletableFuture<CommandOutcome> send(CommandEnvelope command) {
    return batcher.handle(command).toCompletableFuture();
  }

  private static CommandOutcome await(CompletableFuture<CommandOutcome> outcome) {
    return outcome.orTimeout(60, TimeUnit.SECONDS).join();
  }

  private static Succeeded success(CompletableFuture<CommandOutcome> outcome) {
    return (Succeeded) await(outcome);
  }

  private static String reason(CompletableFuture<CommandOutcome> outcome) {
    return ((Refused) await(outcome)).error().reason();
  }

  /** Queues commands while an append is held up, so that they form one batch. */
  private List<CompletableFuture<CommandOutcome>> inOneBatch(CommandEnvelope... commands)
      throws InterruptedException {
    store.hold();
    CompletableFuture<CommandOutcome> first = send(Commands.create("gate-" + UUID.randomUUID()));
    store.awaitHeld();
    List<CompletableFuture<CommandOutcome>> outcomes = new ArrayList<>();
    for (CommandEnvelope command : commands) {
      outcomes.add(send(command));
    }
    store.letThrough();
    success(first);
    outcomes.forEach(CommandBatcherTest::await);
    return outcomes;
  }

  private List<PaymentEvent> log() {
    return store.read(0, 10_000, 100_000_000).events();
  }

  @Test
  void theSameRequestTwiceInOneBatchExecutesOnce() throws Exception {
    CommandEnvelope create = Commands.create("p");
    var outcomes = inOneBatch(create, create);
    Succeeded first = success(outcomes.get(0));
    Succeeded second = success(outcomes.get(1));
    assertThat(first.replayed()).isFalse();
    assertThat(second)
        .isEqualTo(new Succeeded(first.payment(), first.eventId(), first.consistencyToken(), true));
    assertThat(log()).hasSize(2);
  }

  @Test
  void theSameRequestLaterIsReplayedWhateverHappenedSince() {
    CommandEnvelope create = Commands.create("p");
    CommandEnvelope early = Commands.refund("p", "r", 10);
    Succeeded first = success(send(create));
    assertThat(reason(send(early))).isEqualTo("PAYMENT_STATUS");
    success(send(Commands.process("p")));
    Succeeded again = success(send(create));
    assertThat(again)
        .isEqualTo(new Succeeded(first.payment(), first.eventId(), first.consistencyToken(), true));
    Refused refusedAgain = (Refused) await(send(early));
    assertThat(refusedAgain.replayed()).isTrue();
    assertThat(log()).hasSize(2);
  }

  @Test
  void theSameRequestIdWithAnotherBodyIsRefusedInOneBatchAndLater() throws Exception {
    CommandEnvelope create = Commands.create("p");
    CommandEnvelope other = Commands.withRequest(Commands.create("q"), create.requestId());
    var outcomes = inOneBatch(create, other);
    success(outcomes.get(0));
    assertThat(reason(outcomes.get(1))).isEqualTo("REQUEST_ID_REUSED");
    assertThat(reason(send(other))).isEqualTo("REQUEST_ID_REUSED");
    assertThat(store.newest(List.of(other.command().key())).events()).isEmpty();
  }

  @Test
  void createProcessAndRefundOfOnePaymentFormAChainInOneAppend() throws Exception {
    int before = store.appends();
    var outcomes =
        inOneBatch(Commands.create("p"), Commands.process("p"), Commands.refund("p", "r", 10));
    assertThat(store.appends() - before).isEqualTo(2);
    assertThat(outcomes)
        .extracting(outcome -> success(outcome).payment().getVersion())
        .containsExactly(1L, 2L, 3L);
    assertThat(log().subList(1, 4))
        .extracting(PaymentEvent::getVersion)
        .containsExactly(1L, 2L, 3L);
  }

  @Test
  void rejectionsDecidedOnAStateThatNoLongerHeldAreDecidedAgain() {
    CommandBatcher other = batcher(store, 8_192);
    success(send(Commands.create("p")));
    success(other.handle(Commands.process("p")).toCompletableFuture());
    // This server still has the payment as PROCESSING, where a refund would be rejected.
    assertThat(success(send(Commands.refund("p", "r", 10))).payment().getVersion()).isEqualTo(3);
  }

  @Test
  void aConflictLeavesNoRequestBehind() {
    CommandEnvelope create = Commands.create("p");
    store.conflictAlways(create.command().key());
    assertThat(reason(send(create))).isEqualTo("CONCURRENT_CHANGE");
    assertThat(store.request(create.requestKey())).isEmpty();
    store.conflictNever();
    assertThat(success(send(create)).replayed()).isFalse();
  }

  @Test
  void theExpectedVersionZeroIsThatOfAPaymentThatDoesNotExist() {
    success(send(Commands.create("p")));
    assertThat(reason(send(Commands.expecting(Commands.process("p"), 0))))
        .isEqualTo("VERSION_MISMATCH");
    assertThat(reason(send(Commands.expecting(Commands.process("other"), 0))))
        .isEqualTo("PAYMENT_NOT_FOUND");
    success(send(Commands.process("p")));
  }

  @Test
  void anExpectedVersionIsCheckedOnTheTrueStateAndNothingIsStoredOfAMismatch() {
    CommandBatcher other = batcher(store, 8_192);
    success(send(Commands.create("p")));
    success(other.handle(Commands.process("p")).toCompletableFuture());
    CommandEnvelope stale = Commands.expecting(Commands.refund("p", "r1", 10), 1);
    assertThat(reason(send(stale))).isEqualTo("VERSION_MISMATCH");
    assertThat(store.request(stale.requestKey())).isEmpty();
    // The other server takes version 2 as current, which it no longer is after this one's refund.
    success(send(Commands.expecting(Commands.refund("p", "r2", 10), 2)));
    CommandEnvelope fresh = Commands.expecting(Commands.refund("p", "r3", 10), 3);
    assertThat(success(other.handle(fresh).toCompletableFuture()).payment().getVersion())
        .isEqualTo(4);
    // Repeated after the version moved on, it is still the command that succeeded.
    assertThat(success(other.handle(fresh).toCompletableFuture()).replayed()).isTrue();
  }

  @Test
  void oneCommandThatTheStoreRefusesFailsNoOther() throws Exception {
    store.refuse("poison");
    var outcomes =
        inOneBatch(
            Commands.create("a"),
            Commands.create("poison"),
            Commands.create("b"),
            Commands.process("a"),
            Commands.create("c"));
    assertThat(reason(outcomes.get(1))).isEqualTo("COMMAND_NOT_STORED");
    assertThat(success(outcomes.get(3)).payment().getVersion()).isEqualTo(2);
    for (int fine : List.of(0, 2, 4)) {
      success(outcomes.get(fine));
    }
  }

  @Test
  void inAChainOnlyTheRefusedCommandFailsAndTheOrderStays() throws Exception {
    success(send(Commands.create("p")));
    CommandEnvelope poison = Commands.refund("p", "poison", 10);
    store.refuseRequest(poison.requestId());
    var outcomes =
        inOneBatch(
            Commands.process("p"),
            poison,
            Commands.refund("p", "r1", 20),
            Commands.refund("p", "r2", 30));
    assertThat(reason(outcomes.get(1))).isEqualTo("COMMAND_NOT_STORED");
    assertThat(success(outcomes.get(0)).payment().getVersion()).isEqualTo(2);
    assertThat(success(outcomes.get(2)).payment().getVersion()).isEqualTo(3);
    assertThat(success(outcomes.get(3)).payment().getVersion()).isEqualTo(4);
  }

  @Test
  void anAppendWhoseAnswerIsLostIsRepeatedSafely() {
    CommandEnvelope create = Commands.create("p");
    store.loseNextAnswer();
    Refused lost = (Refused) await(send(create));
    assertThat(lost.error().reason()).isEqualTo("STORE_UNAVAILABLE");
    assertThat(lost.error().retryAfter()).isNotNull();
    assertThat(success(send(create)).replayed()).isTrue();
    assertThat(success(send(Commands.process("p"))).payment().getVersion()).isEqualTo(2);
    assertThat(log()).hasSize(2);
  }

  @Test
  void whatWaitsBehindAFailedAppendFailsWithItAndIsNotRejectedForGood() throws Exception {
    store.hold();
    var gate = send(Commands.create("gate"));
    store.awaitHeld();
    CommandEnvelope create = Commands.create("p");
    CommandEnvelope process = Commands.process("p");
    var created = send(create);
    var processed = send(process);
    store.loseNextAnswer();
    store.letThrough();
    assertThat(reason(gate)).isEqualTo("STORE_UNAVAILABLE");
    assertThat(reason(created)).isEqualTo("STORE_UNAVAILABLE");
    assertThat(reason(processed)).isEqualTo("STORE_UNAVAILABLE");
    assertThat(success(send(create)).replayed()).isFalse();
    assertThat(success(send(process)).payment().getVersion()).isEqualTo(2);
  }

  @Test
  void aCommandThatExpectsAVersionOfAnAbsentPaymentIsNotRejectedForGood() {
    CommandEnvelope early = Commands.expecting(Commands.process("p"), 1);
    assertThat(reason(send(early))).isEqualTo("VERSION_MISMATCH");
    success(send(Commands.create("p")));
    assertThat(success(send(early)).payment().getVersion()).isEqualTo(2);
  }

  @Test
  void aFullQueueRefusesAndSaysWhenThereIsRoom() throws Exception {
    CommandBatcher small = batcher(store, 4);
    List<CompletableFuture<CommandOutcome>> taken = fill(small);
    CommandEnvelope late = Commands.create("late");
    Refused full = (Refused) await(small.handle(late).toCompletableFuture());
    assertThat(full.error().reason()).isEqualTo("QUEUE_FULL");
    assertThat(full.error().retryAfter()).isNotNull();
    CountDownLatch room = new CountDownLatch(1);
    small.whenRoom(room::countDown);
    assertThat(room.getCount()).isEqualTo(1);
    store.letThrough();
    assertThat(room.await(60, TimeUnit.SECONDS)).isTrue();
    taken.forEach(CommandBatcherTest::success);
    assertThat(success(small.handle(late).toCompletableFuture()).replayed()).isFalse();
  }

  @Test
  void whoWaitsForRoomIsWokenThoughAnOutageEmptiedTheQueue() throws Exception {
    CommandBatcher small = batcher(store, 4);
    List<CompletableFuture<CommandOutcome>> taken = fill(small);
    CompletableFuture<CommandOutcome> gate = taken.removeFirst();
    CountDownLatch room = new CountDownLatch(1);
    small.whenRoom(room::countDown);
    store.loseNextAnswer();
    store.letThrough();
    assertThat(reason(gate)).isEqualTo("STORE_UNAVAILABLE");
    taken.forEach(one -> assertThat(reason(one)).isEqualTo("STORE_UNAVAILABLE"));
    assertThat(room.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aQueueFullByBytesHasNoRoomUntilItIsHalfEmpty() throws Exception {
    int third = (int) (CommandBatcher.QUEUE_BYTES_MAX / 3);
    store.hold();
    List<CompletableFuture<CommandOutcome>> taken = new ArrayList<>();
    taken.add(send(Commands.create("gate")));
    store.awaitHeld();
    for (int i = 0; i < 3; i++) {
      taken.add(send(Commands.weighing(Commands.create("p" + i), third)));
    }
    CommandEnvelope late = Commands.weighing(Commands.create("late"), third);
    assertThat(CommandBatcher.isQueueFull(send(late))).isTrue();
    CountDownLatch room = new CountDownLatch(1);
    batcher.whenRoom(room::countDown);
    assertThat(room.getCount()).isEqualTo(1);
    store.letThrough();
    assertThat(room.await(60, TimeUnit.SECONDS)).isTrue();
    taken.forEach(CommandBatcherTest::success);
    success(send(late));
  }

  @Test
  void noMoreOfThoseThatWaitAreWokenThanThereArePlaces() throws Exception {
    CommandBatcher small = batcher(store, 4);
    List<CompletableFuture<CommandOutcome>> taken = fill(small);
    AtomicInteger refused = new AtomicInteger();
    PatientHandler patient =
        new PatientHandler(
            command -> {
              var outcome = small.handle(command).toCompletableFuture();
              if (CommandBatcher.isQueueFull(outcome)) {
                refused.incrementAndGet();
              }
              return outcome;
            },
            small::whenRoom);
    int waiting = 40;
    for (int i = 0; i < waiting; i++) {
      taken.add(patient.handle(Commands.create("w" + i)).toCompletableFuture());
    }
    store.letThrough();
    taken.forEach(one -> assertThat(success(one).replayed()).isFalse());
    // Each of them once, when it came.
    assertThat(refused).hasValue(waiting);
  }

  @Test
  void whoNoLongerWaitsIsDroppedBeforeItIsTakenUp() throws Exception {
    AtomicBoolean gone = new AtomicBoolean();
    CommandEnvelope create = Commands.abandonedWhen(Commands.create("p"), gone::get);
    gone.set(true);
    var outcomes = inOneBatch(create);
    assertThat(reason(outcomes.getFirst())).isEqualTo("ABANDONED");
    assertThat(store.request(create.requestKey())).isEmpty();
  }

  @Test
  void closingFinishesWhatWasTakenAndTakesNoMore() throws Exception {
    store.hold();
    var first = send(Commands.create("a"));
    store.awaitHeld();
    var second = send(Commands.create("b"));
    Thread closer = Thread.ofPlatform().start(batcher::close);
    store.letThrough();
    closer.join(60_000);
    success(first);
    success(second);
    assertThat(reason(send(Commands.create("c")))).isEqualTo("DRAINING");
  }

  @Test
  void closingForgetsNobodyWhoWaitsForRoom() throws Exception {
    CommandBatcher small = batcher(store, 2);
    store.hold();
    List<CompletableFuture<CommandOutcome>> taken = new ArrayList<>();
    taken.add(small.handle(Commands.create("gate")).toCompletableFuture());
    store.awaitHeld();
    taken.add(small.handle(Commands.create("a")).toCompletableFuture());
    taken.add(small.handle(Commands.create("b")).toCompletableFuture());
    PatientHandler patient = new PatientHandler(small, small::whenRoom);
    List<CompletableFuture<CommandOutcome>> waiting = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      waiting.add(patient.handle(Commands.create("w" + i)).toCompletableFuture());
    }
    Thread closer = Thread.ofPlatform().start(small::close);
    // The lane ends only once it is let through, and by then it is closing.
    while (!reason(small.handle(Commands.create("late")).toCompletableFuture())
        .equals("DRAINING")) {
      Thread.onSpinWait();
    }
    store.letThrough();
    closer.join(60_000);
    taken.forEach(CommandBatcherTest::success);
    waiting.forEach(one -> assertThat(reason(one)).isEqualTo("DRAINING"));
  }

  @Test
  void validatingAnswersLikeExecutingAndStoresNothing() throws Exception {
    CommandEnvelope create = Commands.validating(Commands.create("p"));
    assertThat(success(send(create)).payment().getVersion()).isEqualTo(1);
    assertThat(reason(send(Commands.validating(Commands.process("p")))))
        .isEqualTo("PAYMENT_NOT_FOUND");
    assertThat(log()).isEmpty();
    assertThat(store.request(create.requestKey())).isEmpty();
    // In one batch it sees what comes before it, and what comes after does not see it.
    var outcomes =
        inOneBatch(
            Commands.create("q"),
            Commands.validating(Commands.process("q")),
            Commands.expecting(Commands.process("q"), 1));
    assertThat(outcomes)
        .extracting(outcome -> success(outcome).payment().getVersion())
        .containsExactly(1L, 2L, 2L);
    assertThat(store.request(Keys.request("acme", create.requestId()))).isEmpty();
  }

  /** A store that can be held up and made to go wrong. */
  private static final class ScriptedStore extends DelegatingStore {

    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile CountDownLatch held = new CountDownLatch(1);
    private volatile String poisonedPayment = "";
    private volatile String poisonedRequest = "";
    private volatile Object conflicted = "";
    private final AtomicInteger appends = new AtomicInteger();
    private final AtomicBoolean losing = new AtomicBoolean();

    ScriptedStore(EventStore store) {
      super(store);
    }

    void hold() {
      held = new CountDownLatch(1);
      gate = new CountDownLatch(1);
    }

    void awaitHeld() throws InterruptedException {
      assertThat(held.await(60, TimeUnit.SECONDS)).isTrue();
    }

    void letThrough() {
      gate.countDown();
    }

    void refuse(String paymentId) {
      poisonedPayment = paymentId;
    }

    void refuseRequest(String requestId) {
      poisonedRequest = requestId;
    }

    void loseNextAnswer() {
      losing.set(true);
    }

    void conflictAlways(Object key) {
      conflicted = key;
    }

    void conflictNever() {
      conflicted = "";
    }

    int appends() {
      return appends.get();
    }

    @Override
    public Appended append(String epoch, List<Chain> chains) {
      held.countDown();
      try {
        gate.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      if (chains.stream().anyMatch(this::isPoisoned)) {
        throw new AppendRefusedException("poisoned", new IllegalStateException());
      }
      appends.incrementAndGet();
      List<Chain> asked =
          chains.stream()
              .map(c ->
                  c.key().equals(conflicted)
                      ? new Chain(c.key(), c.baseVersion() + 7, c.entries())
                      : c)
              .toList();
      Appended appended = super.append(epoch, asked);
      if (losing.getAndSet(false)) {
        throw new StoreUnavailableException("the answer is lost", new IllegalStateException());
      }
      return appended;
    }

    private boolean isPoisoned(Chain chain) {
      return chain.key().paymentId().equals(poisonedPayment)
          || chain.entries().stream()
              .anyMatch(entry ->
                  entry instanceof Chain.Entry.Accepted accepted
                      && accepted.event().getRequestId().equals(poisonedRequest));
    }
  }
}
