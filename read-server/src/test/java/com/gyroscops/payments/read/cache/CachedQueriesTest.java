package com.gyroscops.payments.read.cache;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.query.QueryBus;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.tracking.ChangeWindow;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.CacheLevel;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CachedQueriesTest {

  private static final CacheLevel NONE = CacheLevel.CACHE_LEVEL_UNSPECIFIED;
  private static final CacheLevel L1 = CacheLevel.CACHE_LEVEL_L1;
  private static final CacheLevel L2 = CacheLevel.CACHE_LEVEL_L2;
  private static final java.time.Duration HEAD_MAX = java.time.Duration.ofMinutes(1);

  /** Longer than any test waits for what must not take that long. */
  private static final java.time.Duration JOIN_MAX = java.time.Duration.ofMinutes(5);

  private static final long SECOND = 1_000_000_000L;

  private final SampleLog log = new SampleLog("payments", "epoch-1");
  private final AtomicLong clock = new AtomicLong(100 * SECOND);
  private final LogQueries queries = new LogQueries(log);
  private final MemoryAnswers store = new MemoryAnswers();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final L1Cache local = local();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  /** The call that each test is, with time for the log's head however slow the machine is. */
  private final Context.CancellableContext patient =
      Context.ROOT.withDeadlineAfter(10, TimeUnit.MINUTES, timer);

  private Context before = Context.ROOT;
  private ScriptedFeed feed;
  private FeedClient client;
  private HeadTracker heads;
  private ScriptedChanges changes;
  private QueryBus bus;

  @BeforeEach
  void start() throws Exception {
    log.create("acme", "p1");
    log.create("acme", "p2");
    feed = new ScriptedFeed(log);
    client = FeedClient.to(List.of(feed.target()));
    heads = new HeadTracker(client, clock::get, HEAD_MAX);
    before = patient.attach();
    changes = new ScriptedChanges(log);
    bus = bus(changes, local, null);
  }

  @AfterEach
  void stop() {
    patient.detach(before);
    patient.cancel(null);
    timer.shutdownNow();
    heads.close();
    client.close();
    feed.close();
  }

  private L1Cache local() {
    return new L1Cache(1_000_000, clock::get, new CacheMeters(meters)::evicted);
  }

  private QueryBus bus(ScriptedChanges heard, @Nullable L1Cache near, @Nullable L2Store far) {
    CacheMeters counts = new CacheMeters(meters);
    L2Cache shared =
        far == null ? null : new L2Cache(far, clock::get, InstantSource.system(), counts);
    return new QueryBus(
        List.of(
            new CachedQueries(
                heard, new Freshness(heads, List.of()), near, shared, counts, JOIN_MAX)));
  }

  private static GetPaymentRequest request(String id, ReadOptions options) {
    return GetPaymentRequest.newBuilder()
        .setOrganizationId("acme")
        .setPaymentId(id)
        .setReadOptions(options)
        .build();
  }

  private GetPaymentResponse get(ReadOptions options) {
    return bus.ask(queries.getPayment(), request("p1", options));
  }

  private GetPaymentResponse get() {
    return get(ReadOptions.getDefaultInstance());
  }

  private ReadMetadata search(ReadOptions options) {
    return bus.ask(
            queries.search(),
            SearchPaymentsRequest.newBuilder()
                .setOrganizationId("acme")
                .setReadOptions(options)
                .build())
        .getRead();
  }

  private static long position(ReadMetadata read) {
    return ConsistencyTokens.decode(read.getReadAt()).orElseThrow().getPosition();
  }

  private static ReadOptions atLeast(long position) {
    return RunningReplica.atLeast(ConsistencyTokens.encode("payments", "epoch-1", position));
  }

  private static ReadOptions staleness(long seconds) {
    return RunningReplica.with(
        Consistency.newBuilder().setMaxStaleness(Duration.newBuilder().setSeconds(seconds)));
  }

  private static ReadOptions with(ReadStrategy strategy) {
    return ReadOptions.newBuilder().setStrategy(strategy).build();
  }

  private void commitElsewhere() {
    log.create("other", "o" + log.head());
    feed.publish();
  }

  private double count(String name, String... tags) {
    var counter = meters.find(name).tags(tags).counter();
    return counter == null ? 0 : counter.count();
  }

  @Test
  void anAnswerIsGivenAgainAndSaysSo() {
    GetPaymentResponse first = get();
    assertThat(first.getRead().getCache()).isEqualTo(NONE);
    commitElsewhere();
    changes.hearAll();
    GetPaymentResponse second = get();
    assertThat(second.getPayment()).isEqualTo(first.getPayment());
    assertThat(second.getRead().getCache()).isEqualTo(L1);
    assertThat(second.getRead().getSource()).isEqualTo(ReadSource.READ_SOURCE_SQL);
    // The tracker knows that nothing changed up to there.
    assertThat(position(second.getRead())).isEqualTo(3);
    assertThat(queries.asked).hasValue(1);
    assertThat(count("payments.cache.hits", "query", "GetPayment", "level", "l1")).isEqualTo(1);
    assertThat(count("payments.cache.misses", "query", "GetPayment")).isEqualTo(1);
  }

  @Test
  void aChangeOfThePaymentEndsItsAnswersAndOneOfTheOrganizationThoseOfAll() {
    get();
    search(ReadOptions.getDefaultInstance());
    log.process("acme", "p2");
    changes.hearAll();
    assertThat(get().getRead().getCache()).isEqualTo(L1);
    assertThat(search(ReadOptions.getDefaultInstance()).getCache()).isEqualTo(NONE);
    log.process("acme", "p1");
    changes.hearAll();
    assertThat(get().getPayment().getVersion()).isEqualTo(2);
    assertThat(count("payments.cache.outdated", "query", "GetPayment")).isEqualTo(1);
  }

  @Test
  void anAnswerReadBeforeAChangeAndStoredAfterItIsNeverGiven() {
    queries.position(() -> {
      long before = log.head();
      log.process("acme", "p1");
      changes.hearAll();
      return before;
    });
    assertThat(get().getPayment().getVersion()).isEqualTo(1);
    queries.position(log::head);
    assertThat(get().getPayment().getVersion()).isEqualTo(2);
    assertThat(get().getRead().getCache()).isEqualTo(L1);
  }

  @Test
  void aTokenBeyondWhatTheTrackerHasHeardIsAskedOfASource() {
    get();
    log.process("acme", "p1");
    assertThat(get().getPayment().getVersion()).as("nothing is demanded").isEqualTo(1);
    assertThat(get(atLeast(2)).getRead().getCache()).isEqualTo(L1);
    assertThat(get(atLeast(3)).getPayment().getVersion()).isEqualTo(2);
    // The newer answer has taken the place of the older, before the tracker heard of it.
    GetPaymentResponse again = get(atLeast(3));
    assertThat(again.getPayment().getVersion()).isEqualTo(2);
    assertThat(again.getRead().getCache()).isEqualTo(L1);
    assertThat(position(again.getRead())).isEqualTo(3);
  }

  @Test
  void aTokenOfAnotherHistoryIsNeverMetByACache() {
    get();
    String other = ConsistencyTokens.encode("payments", "epoch-0", 1);
    assertThat(get(RunningReplica.atLeast(other)).getRead().getCache()).isEqualTo(NONE);
  }

  @Test
  void fullConsistencyIsMetOnceTheTrackerHasReachedTheHead() {
    get();
    assertThat(get(RunningReplica.fullyConsistent()).getRead().getCache()).isEqualTo(L1);
    commitElsewhere();
    assertThat(get(RunningReplica.fullyConsistent()).getRead().getCache()).isEqualTo(NONE);
    commitElsewhere();
    changes.hearAll();
    assertThat(get(RunningReplica.fullyConsistent()).getRead().getCache()).isEqualTo(L1);
  }

  @Test
  void whileTheFeedIsCutOffAnswersAreGivenWithinTheStalenessAskedForAndNoLonger() throws Exception {
    heads.headNow();
    get();
    feed.down(true);
    changes.down(true);
    clock.addAndGet(3 * SECOND);
    assertThat(get().getRead().getCache()).isEqualTo(NONE);
    assertThat(get(atLeast(1)).getRead().getCache()).isEqualTo(NONE);
    assertThat(get(staleness(5)).getRead().getCache()).isEqualTo(L1);
    clock.addAndGet(3 * SECOND);
    assertThat(get(staleness(5)).getRead().getCache()).isEqualTo(NONE);
    assertThat(get(staleness(10)).getRead().getCache()).isEqualTo(L1);
    clock.addAndGet(5 * SECOND);
    assertThat(get(staleness(10)).getRead().getCache()).isEqualTo(NONE);
    assertThat(count("payments.cache.bypasses", "reason", "tracker_down")).isEqualTo(2);
  }

  @Test
  void anAnswerThatWasStaleWhenItWasReadDoesNotMeetAStaleness() throws Exception {
    get();
    heads.headNow();
    // Read a moment ago, but as of a position below what was committed by then.
    assertThat(get(staleness(5)).getRead().getCache()).isEqualTo(L1);
    changes.begin(ChangeWindow.from(new LogHead("payments", "epoch-1", 0)));
    queries.position(() -> 1);
    get();
    queries.position(log::head);
    assertThat(get(staleness(5)).getRead().getCache()).isEqualTo(NONE);
  }

  @Test
  void otherStrategiesAreNotAnsweredFromACacheButFillIt() {
    for (ReadStrategy strategy :
        List.of(ReadStrategy.READ_STRATEGY_DATABASE_FIRST, ReadStrategy.READ_STRATEGY_PARALLEL)) {
      local.clear();
      assertThat(get(with(strategy)).getRead().getCache()).isEqualTo(NONE);
      assertThat(get(with(strategy)).getRead().getCache()).isEqualTo(NONE);
      assertThat(get().getRead().getCache()).isEqualTo(L1);
    }
    assertThat(count("payments.cache.bypasses", "reason", "strategy")).isEqualTo(4);
  }

  @Test
  void aNamedSourceIsAskedItself() {
    get();
    ReadOptions named = ReadOptions.newBuilder().setSource(ReadSource.READ_SOURCE_SQL).build();
    assertThat(get(named).getRead().getCache()).isEqualTo(NONE);
  }

  @Test
  void invalidOptionsAreNotAnsweredFromACache() {
    get();
    ReadOptions invalid =
        RunningReplica.with(Consistency.newBuilder().setAtLeastAsFresh("no token"));
    assertThat(get(invalid).getRead().getCache()).isEqualTo(NONE);
    assertThat(get(staleness(-1)).getRead().getCache()).isEqualTo(NONE);
    assertThat(
            get(with(ReadStrategy.READ_STRATEGY_UNSPECIFIED).toBuilder()
                    .setStrategyValue(77)
                    .build())
                .getRead()
                .getCache())
        .isEqualTo(NONE);
  }

  @Test
  void thatThereIsNoSuchPaymentIsKeptUntilThereIsOne() {
    GetPaymentRequest missing = request("p3", ReadOptions.getDefaultInstance());
    assertThatThrownBy(() -> bus.ask(queries.getPayment(), missing))
        .isInstanceOf(StatusRuntimeException.class);
    commitElsewhere();
    changes.hearAll();
    assertThatThrownBy(() -> bus.ask(queries.getPayment(), missing))
        .satisfies(failure ->
            assertThat(ApiError.from(failure))
                .hasValueSatisfying(error -> {
                  assertThat(error.reason()).isEqualTo("PAYMENT_NOT_FOUND");
                  assertThat(error.metadata())
                      .containsEntry("read_at", ConsistencyTokens.encode("payments", "epoch-1", 3));
                }));
    assertThat(queries.asked).hasValue(1);
    log.create("acme", "p3");
    changes.hearAll();
    assertThat(bus.ask(queries.getPayment(), missing).getPayment().getPaymentId()).isEqualTo("p3");
  }

  @Test
  void answersExpireEachKindInItsTimeAndAreCleanedUp() {
    get();
    assertThatThrownBy(
            () -> bus.ask(queries.getPayment(), request("p3", ReadOptions.getDefaultInstance())))
        .isInstanceOf(StatusRuntimeException.class);
    search(ReadOptions.getDefaultInstance());
    assertThat(local.size()).isEqualTo(3);
    clock.addAndGet(61 * SECOND);
    local.cleanUp();
    assertThat(local.size()).isEqualTo(2);
    clock.addAndGet(540 * SECOND);
    local.cleanUp();
    assertThat(local.size()).isEqualTo(1);
    clock.addAndGet(1_200 * SECOND);
    local.cleanUp();
    assertThat(local.size()).isZero();
    assertThat(local.bytes()).isZero();
    assertThat(count("payments.cache.evictions", "cause", "expired")).isEqualTo(3);
  }

  @Test
  void theMemoryForAnswersIsBounded() {
    for (int i = 0; i < 3_000; i++) {
      log.create("acme", "n" + i);
    }
    changes.hearAll();
    for (int i = 0; i < 3_000; i++) {
      bus.ask(queries.getPayment(), request("n" + i, ReadOptions.getDefaultInstance()));
    }
    local.cleanUp();
    assertThat(local.bytes()).isBetween(500_000L, 1_000_000L);
    assertThat(local.size()).isLessThan(3_000);
  }

  @Test
  void nothingOfAnEarlierStretchIsGivenOrKept() {
    get();
    changes.begin();
    assertThat(local.size()).isZero();
    assertThat(get().getRead().getCache()).isEqualTo(NONE);
    changes.begin(null);
    assertThat(get().getRead().getCache()).isEqualTo(NONE);
    assertThat(local.size()).isZero();
  }

  @Test
  void whatOneReplicaWasAnsweredIsGivenByAnother() {
    bus = bus(changes, local, store);
    ScriptedChanges otherChanges = new ScriptedChanges(log);
    QueryBus other = bus(otherChanges, local(), store);
    for (int i = 0; i < 40; i++) {
      log.update("acme", "p1", "a text that makes the answer long, " + "text ".repeat(i * 10));
      changes.hearAll();
      otherChanges.hearAll();
      GetPaymentResponse first = get();
      GetPaymentRequest request = request("p1", atLeast(log.head()));
      GetPaymentResponse second = other.ask(queries.getPayment(), request);
      assertThat(second.getPayment()).isEqualTo(first.getPayment());
      assertThat(second.getRead().getCache()).isEqualTo(L2);
      assertThat(other.ask(queries.getPayment(), request).getRead().getCache()).isEqualTo(L1);
    }
    long large = store.values.values().stream().mapToLong(it -> it.length).max().orElseThrow();
    assertThat(large).as("compressed").isLessThan(1_024);
    assertThat(store.values.keySet())
        .singleElement()
        .asString()
        .startsWith("payment:acme:")
        .doesNotContain("epoch-1");
  }

  @Test
  void theTrackerOfThisReplicaJudgesWhatAnotherStored() {
    bus = bus(changes, null, store);
    get();
    log.process("acme", "p1");
    changes.hearAll();
    queries.position(() -> 2);
    get();
    queries.position(log::head);
    assertThat(get().getPayment().getVersion()).isEqualTo(2);
  }

  @Test
  void anAbsenceIsSharedToo() {
    bus = bus(changes, null, store);
    GetPaymentRequest missing = request("p3", ReadOptions.getDefaultInstance());
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> bus.ask(queries.getPayment(), missing))
          .isInstanceOf(StatusRuntimeException.class);
    }
    assertThat(queries.asked).hasValue(1);
  }

  @Test
  void whatWasStoredBeforeAHistoryWasFoundLostIsNotTakenFromTheSharedCache() {
    bus = bus(changes, null, store);
    get();
    LogHead start = new LogHead("payments", "epoch-1", 1);
    changes.begin(ChangeWindow.from(start));
    assertThat(get().getRead().getCache()).isEqualTo(L2);
    changes.begin(ChangeWindow.afterDivergence(start, System.currentTimeMillis()));
    assertThat(get().getRead().getCache()).isEqualTo(NONE);
  }

  @Test
  void whatIsFoundWhileItsHistoryIsFoundLostIsNotGiven() {
    bus = bus(changes, local, store);
    get();
    local.clear();
    store.whileAsked =
        () ->
            changes.begin(
                ChangeWindow.afterDivergence(
                    new LogHead("payments", "epoch-1", 1), System.currentTimeMillis()));
    assertThat(get().getRead().getCache()).isEqualTo(NONE);
    assertThat(local.size()).isZero();
  }

  @Test
  void whatALaterHistorySharesIsGivenOn() {
    bus = bus(changes, local, store);
    get();
    SampleLog later = log.continuedIn("epoch-2", log.head());
    queries.history(later);
    Objects.requireNonNull(changes.current()).continueIn(later.lineage());
    ReadMetadata near = get().getRead();
    assertThat(near.getCache()).isEqualTo(L1);
    assertThat(near.getReadAt()).isEqualTo(ConsistencyTokens.encode("payments", "epoch-2", 2));
    local.clear();
    assertThat(get().getRead().getCache()).isEqualTo(L2);
    // Under a token of the earlier history, too.
    assertThat(get(atLeast(2)).getRead().getCache()).isEqualTo(L1);
  }

  /** A source was further than the tracker, which goes on from before what was lost. */
  @Test
  void whatASourceAnsweredOfALostHistoryIsNotGivenThoughTheTrackerNeverHeardOfIt() {
    bus = bus(changes, local, store);
    SampleLog later = log.continuedIn("epoch-2", 2);
    log.update("acme", "p1", "lost");
    assertThat(get().getPayment().getVersion()).isEqualTo(2);
    assertThat(get().getRead().getCache()).isEqualTo(L1);
    later.create("acme", "p3");
    queries.history(later);
    ChangeWindow stretch = Objects.requireNonNull(changes.current());
    stretch.continueIn(later.lineage());
    stretch.append(later.after(2));
    GetPaymentResponse now = get();
    assertThat(now.getRead().getCache()).isEqualTo(NONE);
    assertThat(now.getPayment().getVersion()).isEqualTo(1);
    // The newer one has the lost one's place, though its position was the higher one.
    assertThat(get().getRead().getCache()).isEqualTo(L1);
    local.clear();
    assertThat(get().getRead().getCache()).isEqualTo(L2);
  }

  @Test
  void aSharedCacheThatFailsIsAMissAndSoonLeftAlone() {
    bus = bus(changes, null, store);
    store.away = true;
    for (int i = 0; i < 100; i++) {
      assertThat(get().getRead().getCache()).isEqualTo(NONE);
    }
    assertThat(store.calls.get()).isEqualTo(2 * BackOff.FAILURES_MAX);
    store.away = false;
    clock.addAndGet(10 * SECOND);
    get();
    assertThat(get().getRead().getCache()).isEqualTo(L2);
  }

  @Test
  void foreignBytesInTheSharedCacheAreAMiss() {
    bus = bus(changes, null, store);
    get();
    for (byte[] bytes : List.of(new byte[0], new byte[] {9}, new byte[200])) {
      store.values.replaceAll((_, _) -> bytes);
      assertThat(get().getRead().getCache()).isEqualTo(NONE);
    }
    store.values.replaceAll((_, value) -> java.util.Arrays.copyOf(value, value.length - 1));
    assertThat(get().getRead().getCache()).isEqualTo(NONE);
  }

  @Test
  void aDamagedByteAnywhereInTheSharedCacheIsAMiss() {
    bus = bus(changes, null, store);
    Payment payment = get().getPayment();
    byte[] whole = store.values.values().iterator().next();
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= 0x10;
      store.values.replaceAll((_, _) -> damaged);
      GetPaymentResponse answer = get();
      assertThat(answer.getPayment()).isEqualTo(payment);
      assertThat(answer.getRead().getCache()).as("damaged at %d", i).isEqualTo(NONE);
    }
  }

  @Test
  void whatASharedCacheHasNotTakenYetIsBounded() {
    bus = bus(changes, null, store);
    store.stalled = true;
    int length = 400_000;
    String text = incompressible(length);
    log.update("acme", "p1", text);
    changes.hearAll();
    long most = L2Cache.WRITING_BYTES_MAX / length;
    for (int i = 0; i < most + 10; i++) {
      assertThat(get().getRead().getCache()).isEqualTo(NONE);
    }
    assertThat(store.stalledPuts).hasSizeBetween(1, (int) most);
    store.stalledPuts.forEach(it -> it.complete(null));
    store.stalled = false;
    get();
    assertThat(get().getRead().getCache()).isEqualTo(L2);
  }

  /** Text that is compressed to about so many bytes: each character has six bits. */
  private static String incompressible(int bytes) {
    byte[] random = new byte[bytes];
    Seed.random(1).nextBytes(random);
    return Base64.getEncoder().encodeToString(random);
  }

  @Test
  void equalQuestionsAtTheSameTimeAreAskedOnce() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch mayAnswer = new CountDownLatch(1);
    queries.position(() -> {
      asked.countDown();
      await(mayAnswer);
      return log.head();
    });
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<GetPaymentResponse>> answers = new ArrayList<>();
      answers.add(threads.submit(() -> get()));
      await(asked);
      for (int i = 0; i < 50; i++) {
        answers.add(threads.submit(() -> get()));
      }
      eventually("all wait", () -> count("payments.cache.joined") == 50);
      mayAnswer.countDown();
      for (Future<GetPaymentResponse> answer : answers) {
        assertThat(answer.get().getPayment().getPaymentId()).isEqualTo("p1");
      }
    }
    assertThat(queries.asked).hasValue(1);
  }

  @Test
  void whoWaitsForAnotherJudgesTheAnswerByItsOwnDemand() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch mayAnswer = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    queries.position(() -> {
      if (!first.getAndSet(false)) {
        return log.head();
      }
      asked.countDown();
      await(mayAnswer);
      return 2;
    });
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<GetPaymentResponse> leader = threads.submit(() -> get());
      await(asked);
      log.process("acme", "p1");
      Future<GetPaymentResponse> joiner = threads.submit(() -> get(atLeast(3)));
      eventually("it waits", () -> count("payments.cache.joined") == 1);
      mayAnswer.countDown();
      assertThat(leader.get().getPayment().getVersion()).isEqualTo(1);
      assertThat(joiner.get().getPayment().getVersion()).isEqualTo(2);
    }
  }

  @Test
  void aLeaderThatFailsOrIsCancelledFailsNobodyElse() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch mayFail = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    queries.position(() -> {
      if (first.getAndSet(false)) {
        asked.countDown();
        await(mayFail);
        throw new IllegalStateException("on purpose");
      }
      return log.head();
    });
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<GetPaymentResponse> leader = threads.submit(() -> get());
      await(asked);
      List<Future<GetPaymentResponse>> others = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        others.add(threads.submit(() -> get()));
      }
      eventually("all wait", () -> count("payments.cache.joined") == 20);
      mayFail.countDown();
      assertThatThrownBy(leader::get)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(IllegalStateException.class);
      for (Future<GetPaymentResponse> other : others) {
        assertThat(other.get().getPayment().getPaymentId()).isEqualTo("p1");
      }
    }
  }

  @Test
  void whoIsCancelledWhileItWaitsWaitsNoLonger() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch mayAnswer = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    queries.position(() -> {
      if (first.getAndSet(false)) {
        asked.countDown();
        await(mayAnswer);
      }
      return log.head();
    });
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Context.CancellableContext call = Context.current().withCancellation()) {
      Future<GetPaymentResponse> leader = threads.submit(() -> get());
      await(asked);
      Future<GetPaymentResponse> other = threads.submit(call.wrap(() -> get()));
      eventually("it waits", () -> count("payments.cache.joined") == 1);
      call.cancel(null);
      // It goes on alone, and so to where cancelled calls are told.
      assertThat(other.get(60, TimeUnit.SECONDS).getPayment().getPaymentId()).isEqualTo("p1");
      mayAnswer.countDown();
      leader.get();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(3, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
