package com.gyroscops.payments.read.routing;

import static com.gyroscops.payments.read.routing.ScriptedSource.at;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.SourceVerdict;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SourceRouterTest {

  private static final ReadSource SQL = ReadSource.READ_SOURCE_SQL;
  private static final ReadSource REDIS = ReadSource.READ_SOURCE_REDIS;
  private static final ReadSource SEARCH = ReadSource.READ_SOURCE_SEARCH;
  private static final ReadSource MEMORY = ReadSource.READ_SOURCE_MEMORY;

  /** Whatever the machine does meanwhile, what can be answered is. */
  private static final RoutingLimits PATIENT =
      new RoutingLimits(
          Duration.ofMillis(200),
          Duration.ofMinutes(1),
          Duration.ofMinutes(1),
          Duration.ofMillis(500));

  /** For what waits, or hangs, until a limit is over. */
  private static final RoutingLimits BRIEF =
      new RoutingLimits(
          Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofMillis(200), Duration.ZERO);

  /** A deadline that none but a call that hangs for good reaches. */
  private static final Duration FAR = Duration.ofMinutes(1);

  private final SampleLog log = new SampleLog("payments", "epoch-1");
  private final AtomicLong nanos = new AtomicLong();
  private final ScriptedSource sql = new ScriptedSource(SQL, nanos::get);
  private final ScriptedSource redis = new ScriptedSource(REDIS, nanos::get);
  private final ScriptedSource memory = new ScriptedSource(MEMORY, nanos::get);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final ScheduledExecutorService timer = new ScheduledThreadPoolExecutor(1);
  private ScriptedFeed scripted;
  private FeedClient feed;
  private SourceRouter router;

  @BeforeEach
  void start() throws Exception {
    log.create("acme", "p1");
    scripted = new ScriptedFeed(log);
    feed = FeedClient.to(List.of(scripted.target()));
    // The first connection of a process takes its time.
    eventually(
        "the feed answers", () -> feed.head(Deadline.after(20, TimeUnit.SECONDS)).position() == 1);
    router = router("memory,redis,sql", "sql", memory, redis, sql);
  }

  @AfterEach
  void stop() {
    feed.close();
    scripted.close();
    timer.shutdownNow();
  }

  private SourceRouter router(String find, String critical, ScriptedSource... sources) {
    return router(PATIENT, find, critical, sources);
  }

  private SourceRouter router(
      RoutingLimits limits, String find, String critical, ScriptedSource... sources) {
    return new SourceRouter(
        Arrays.stream(sources).map(it -> it.routed).toList(),
        new Freshness(
            new HeadTracker(feed, System::nanoTime, FAR),
            Arrays.stream(sources).map(it -> it.known).toList()),
        RoutingRules.parse(
            Map.of(Capability.FIND, new RoutingRules.Setting("ROUTING_FIND", find)),
            new RoutingRules.Setting("ROUTING_CRITICAL", critical)),
        meters,
        limits);
  }

  private static ReadOptions.Builder options() {
    return ReadOptions.newBuilder().setExplain(true);
  }

  private static ReadOptions atLeast(long position) {
    ReadOptions.Builder options = options();
    options
        .getConsistencyBuilder()
        .setAtLeastAsFresh(ConsistencyTokens.encode("payments", "epoch-1", position));
    return options.build();
  }

  private static ReadOptions with(ReadStrategy strategy) {
    return options().setStrategy(strategy).build();
  }

  private Routed<List<Payment>> read(ReadOptions options) {
    return router.read(options, Capability.FIND, source -> source.find("acme", List.of("p1")));
  }

  private Routed<List<Payment>> read() {
    return read(options().build());
  }

  /** Reads as a call with a deadline does. */
  private Routed<List<Payment>> readWithin(Duration deadline, ReadOptions options)
      throws Exception {
    Context.CancellableContext call =
        Context.current().withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS, timer);
    try {
      return call.call(() -> read(options));
    } finally {
      call.cancel(null);
    }
  }

  private static ReadSource servedBy(Routed<?> routed) {
    return routed.read().getSource();
  }

  private static Map<ReadSource, SourceVerdict> verdicts(Routed<?> routed) {
    return routed.read().getConsideredList().stream()
        .collect(java.util.stream.Collectors.toMap(it -> it.getSource(), it -> it.getVerdict()));
  }

  private static ApiError fails(Code code, String reason, ThrowingCallable read) {
    ApiError error =
        ApiError.from(org.assertj.core.api.Assertions.catchThrowable(read)).orElseThrow();
    assertThat(error.reason()).isEqualTo(reason);
    assertThat(error.code()).isEqualTo(code);
    return error;
  }

  private double counted(String source, String verdict) {
    var counter =
        meters
            .find("payments.source.reads")
            .tags("source", source, "kind", "find", "verdict", verdict)
            .counter();
    return counter == null ? 0 : counter.count();
  }

  @Test
  void thePreferredSourceAnswersAndTheOthersAreNotAsked() {
    Routed<List<Payment>> routed = read();
    assertThat(servedBy(routed)).isEqualTo(MEMORY);
    assertThat(routed.read().getConsideredList())
        .extracting(it -> it.getSource())
        .containsExactly(MEMORY, REDIS, SQL);
    assertThat(verdicts(routed))
        .containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_SERVED)
        .containsEntry(REDIS, SourceVerdict.SOURCE_VERDICT_NOT_NEEDED)
        .containsEntry(SQL, SourceVerdict.SOURCE_VERDICT_NOT_NEEDED);
    assertThat(redis.asked).hasValue(0);
    assertThat(counted("memory", "served")).isEqualTo(1);
    assertThat(counted("sql", "not_needed")).isEqualTo(1);
    assertThat(meters.get("payments.source.read.time").tag("source", "memory").timer().count())
        .isEqualTo(1);
  }

  @Test
  void withoutExplainTheAnswerDoesNotTellWhoWasConsidered() {
    assertThat(read(ReadOptions.getDefaultInstance()).read().getConsideredList()).isEmpty();
  }

  @Test
  void aSourceAskedForByNameSaysSoWhereItDoesNotHoldThePayment() {
    redis.answers(() -> new Answer.NotHeld<>(at(1)));
    fails(
        Code.FAILED_PRECONDITION,
        "SOURCE_NOT_HELD",
        () -> read(options().setSource(REDIS).build()));
  }

  @Test
  void aSourceThatIsNotExactLeavesItToTheNextOneOrSaysSoWhereItWasAskedForByName() {
    memory.answers(() -> new Answer.Inexact<>(at(1)));
    Routed<List<Payment>> routed = read();
    assertThat(servedBy(routed)).isEqualTo(REDIS);
    assertThat(verdicts(routed)).containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_NOT_CAPABLE);
    fails(
        Code.FAILED_PRECONDITION,
        "SOURCE_NOT_EXACT",
        () -> read(options().setSource(MEMORY).build()));
    // That is no failure of the source.
    memory.works();
    assertThat(servedBy(read())).isEqualTo(MEMORY);
  }

  @Test
  void whateverKeepsASourceFromAnsweringTheNextOneIsAsked() {
    memory.fails();
    redis.answers(() -> new Answer.NotHeld<>(at(1)));
    Routed<List<Payment>> routed = read();
    assertThat(servedBy(routed)).isEqualTo(SQL);
    assertThat(verdicts(routed))
        .containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_FAILED)
        .containsEntry(REDIS, SourceVerdict.SOURCE_VERDICT_NOT_HELD);

    memory.answers(() -> new Answer.Incomplete<>(at(1)));
    redis.answers(() -> new Answer.NotReady<>(SourcePosition.NOWHERE));
    routed = read();
    assertThat(servedBy(routed)).isEqualTo(SQL);
    assertThat(verdicts(routed))
        .containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_INCOMPLETE)
        .containsEntry(REDIS, SourceVerdict.SOURCE_VERDICT_STALE);

    memory.answers(() -> {
      throw new IllegalStateException("broken on purpose");
    });
    assertThat(servedBy(read())).isEqualTo(SQL);
  }

  @Test
  void aSourceThatWithdrewIsPassedOverWhetherThatIsSeenBeforeOrWhileItIsAsked() {
    memory.can();
    Routed<List<Payment>> routed = read();
    assertThat(servedBy(routed)).isEqualTo(REDIS);
    assertThat(verdicts(routed)).containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_NOT_CAPABLE);

    memory.can(Capability.FIND);
    // What the port's default methods throw, which is what a source without a capability has.
    memory.answers(() -> memory.timeline("acme", "c", 0, 1).map(_ -> List.of()));
    routed = read();
    assertThat(servedBy(routed)).isEqualTo(REDIS);
    assertThat(verdicts(routed)).containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_NOT_CAPABLE);
  }

  @Test
  void aSourceKnownToBeTooOldIsNotAskedWhileAnotherIsFreshEnough() {
    memory.standing(4);
    redis.standing(4);
    sql.standing(5);
    Routed<List<Payment>> routed = read(atLeast(5));
    assertThat(servedBy(routed)).isEqualTo(SQL);
    assertThat(memory.asked).hasValue(0);
    assertThat(memory.looks).hasValue(0);
    assertThat(verdicts(routed)).containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_STALE);
  }

  @Test
  void anAnswerOlderThanRequiredIsNotGivenThoughMoreWasKnownToBeAppliedBefore() {
    // As after a crash of the store that lost its newest commits.
    memory.standing(5).stands(at(3));
    redis.standing(5);
    Routed<List<Payment>> routed = read(atLeast(5));
    assertThat(servedBy(routed)).isEqualTo(REDIS);
    assertThat(verdicts(routed)).containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_STALE);
    assertThat(memory.known.latest()).isEqualTo(at(3));
  }

  @Test
  void anAnswerOfAnotherHistoryIsNotGivenHoweverFarItIs() {
    memory.standing(5).stands(at("epoch-2", 9));
    redis.standing(5);
    assertThat(servedBy(read(atLeast(5)))).isEqualTo(REDIS);
  }

  @Test
  void whereNoneIsFreshEnoughTheReadWaitsForWhicheverIsFirst() throws Exception {
    sql.standing(4);
    redis.standing(4);
    memory.standing(4);
    CompletableFuture<Routed<List<Payment>>> routed =
        CompletableFuture.supplyAsync(() -> read(atLeast(5)));
    eventually("it looks where they stand", () -> sql.looks.get() > 0);
    // As a projector does.
    redis.standing(5);
    assertThat(servedBy(routed.get(60, TimeUnit.SECONDS))).isEqualTo(REDIS);
  }

  @Test
  void whereNobodyElseCanAnswerABusySourceIsWaitedForLonger() throws Exception {
    router = router("", "", sql);
    sql.standing(4);
    CompletableFuture<Routed<List<Payment>>> routed =
        CompletableFuture.supplyAsync(() -> read(atLeast(5)));
    eventually("it looks where it stands", () -> sql.looks.get() > 0);
    long usualNanos = System.nanoTime() + PATIENT.waitMax().toNanos();
    eventually("the usual wait is over", () -> System.nanoTime() - usualNanos > 0);
    int looks = sql.looks.get();
    // The first of them may have begun before.
    eventually(
        "it looks on",
        () -> {
          nanos.addAndGet(Duration.ofSeconds(1).toNanos());
          return sql.looks.get() > looks + 1;
        });
    sql.standing(5);
    assertThat(servedBy(routed.get(60, TimeUnit.SECONDS))).isEqualTo(SQL);
  }

  @Test
  void whereAnotherReplicaProjectsTheStoreItselfIsLookedAt() {
    sql.standing(4).stands(at(5));
    redis.standing(4);
    memory.standing(4);
    assertThat(servedBy(read(atLeast(5)))).isEqualTo(SQL);
  }

  @Test
  void aSourceWhoseLookHangsDoesNotKeepTheReadFromNoticingAnother() throws Exception {
    memory.standing(4);
    redis.standing(4);
    sql.standing(4);
    CountDownLatch release = new CountDownLatch(1);
    ScriptedSource hanging =
        new ScriptedSource(SEARCH, nanos::get) {
          @Override
          public SourcePosition position() {
            await(release);
            return stands();
          }
        };
    router = router("", "", hanging, sql);
    sql.stands(at(5));
    assertThat(servedBy(read(atLeast(5)))).isEqualTo(SQL);
    release.countDown();
  }

  @Test
  void whereNoneCatchesUpTheCallFailsAndTellsHowFarTheBestIs() {
    sql.standing(4);
    redis.standing(3);
    memory.standing(2);
    router = router(BRIEF, "memory,redis,sql", "sql", memory, redis, sql);
    ApiError error = fails(Code.UNAVAILABLE, "NO_FRESH_SOURCE", () -> read(atLeast(5)));
    assertThat(error.retryAfter()).isNotNull();
    assertThat(error.metadata())
        .containsEntry("required_position", "5")
        .containsEntry("applied_position", "4");
    assertThat(counted("sql", "stale")).isEqualTo(1);
  }

  @Test
  void aStoreThatDoesNotAnswerWhileAReadWaitsIsWaitedForNoMore() {
    router = router("", "", sql);
    sql.standing(4);
    sql.away(true);
    fails(Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", () -> read(atLeast(5)));
  }

  @Test
  void theLogAnswersWhereNoSourceDoesAndOnlyIfItIsFreshEnough() {
    sql.fails();
    redis.fails();
    memory.standing(0);
    Routed<List<Payment>> routed =
        router.readOrAskLog(
            atLeast(5),
            Capability.FIND,
            source -> source.find("acme", List.of("p1")),
            _ -> new Answer.Data<>(List.of(), at(5)));
    assertThat(servedBy(routed)).isEqualTo(ReadSource.READ_SOURCE_LOG);
    assertThat(verdicts(routed))
        .containsEntry(ReadSource.READ_SOURCE_LOG, SourceVerdict.SOURCE_VERDICT_SERVED);
    fails(
        Code.UNAVAILABLE,
        "NO_FRESH_SOURCE",
        () ->
            router.readOrAskLog(
                atLeast(5),
                Capability.FIND,
                source -> source.find("acme", List.of("p1")),
                _ -> new Answer.Data<>(List.of(), at(4))));
  }

  @Test
  void whatWasSeenDecidesWhichErrorItIs() {
    sql.fails();
    redis.answers(() -> new Answer.NotHeld<>(at(1)));
    memory.fails();
    assertThat(fails(Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", this::read).retryAfter()).isNotNull();
    memory.answers(() -> new Answer.Incomplete<>(at(1)));
    assertThat(fails(Code.UNAVAILABLE, "SOURCE_INCOMPLETE", this::read).retryAfter()).isNotNull();
  }

  @Test
  void whatNoSourceShouldThrowIsThrownWhereNoneAnswers() {
    sql.fails();
    redis.fails();
    memory.answers(() -> {
      throw new IllegalStateException("broken on purpose");
    });
    assertThatThrownBy(this::read).hasMessage("broken on purpose");
  }

  @Test
  void whatNoSourceCanDoIsUnavailable() {
    fails(
        Code.UNAVAILABLE,
        "SOURCE_UNAVAILABLE",
        () ->
            router.read(
                ReadOptions.getDefaultInstance(),
                Capability.TIMELINE,
                source -> source.timeline("acme", "c", 0, 1)));
  }

  @Test
  void databaseFirstAsksSqlFirst() {
    assertThat(servedBy(read(with(ReadStrategy.READ_STRATEGY_DATABASE_FIRST)))).isEqualTo(SQL);
    sql.fails();
    assertThat(servedBy(read(with(ReadStrategy.READ_STRATEGY_DATABASE_FIRST)))).isEqualTo(MEMORY);
  }

  @Test
  void fullyConsistentReadsGoToSqlUnlessTheInstallationSaysOtherwise() throws Exception {
    ReadOptions.Builder critical = options();
    critical.getConsistencyBuilder().setFullyConsistent(true);
    assertThat(servedBy(readWithin(FAR, critical.build()))).isEqualTo(SQL);
    router = router("memory,redis,sql", "", memory, redis, sql);
    assertThat(servedBy(readWithin(FAR, critical.build()))).isEqualTo(MEMORY);
  }

  @Test
  void amongEqualsTheShortestExpectedWaitDecides() {
    router = router("redis|sql", "", redis, sql);
    redis.routed.load().answered(Capability.FIND, 2_000_000);
    sql.routed.load().answered(Capability.FIND, 1_000_000);
    assertThat(servedBy(read())).isEqualTo(SQL);
    // Each at once makes the next wait longer.
    IntStream.range(0, 5).forEach(_ -> sql.routed.load().started());
    assertThat(servedBy(read())).isEqualTo(REDIS);
  }

  @Test
  void aSlowSourceIsTriedAgainAfterAWhile() {
    router = router("redis|sql", "", redis, sql);
    redis.routed.load().answered(Capability.FIND, Duration.ofSeconds(1).toNanos());
    sql.routed.load().answered(Capability.FIND, 1_000_000);
    assertThat(servedBy(read())).isEqualTo(SQL);
    for (int i = 0; i < 20; i++) {
      nanos.addAndGet(Duration.ofSeconds(5).toNanos());
      sql.routed.load().answered(Capability.FIND, 1_000_000);
    }
    assertThat(servedBy(read())).isEqualTo(REDIS);
  }

  @Test
  void aHangingSourceLeavesTheOthersTimeAndIsStopped() throws Exception {
    memory.hangs();
    router = router("memory,redis", "", memory, redis);
    // A share of the time, which is four seconds for each.
    Routed<List<Payment>> routed = readWithin(Duration.ofSeconds(8), options().build());
    assertThat(servedBy(routed)).isEqualTo(REDIS);
    assertThat(verdicts(routed)).containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_FAILED);
    eventually("it is stopped", () -> memory.cancelled.get() == 1);
  }

  @Test
  void aHangingSourceIsWaitedForOnlySoLongHoweverFarTheDeadline() throws Exception {
    memory.hangs();
    router = router(BRIEF, "memory,redis", "", memory, redis);
    Routed<List<Payment>> routed = readWithin(FAR, options().build());
    assertThat(servedBy(routed)).isEqualTo(REDIS);
    assertThat(verdicts(routed)).containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_FAILED);
    eventually("it is stopped", () -> memory.cancelled.get() == 1);
  }

  @Test
  void aSourceWhoseStoreIgnoresItsStopHoldsUpNobody() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    memory.answers(() -> {
      ScriptedSource.await(release);
      return memory.data();
    });
    router = router(BRIEF, "memory,redis", "", memory, redis);
    assertThat(servedBy(readWithin(FAR, options().build()))).isEqualTo(REDIS);
    assertThat(memory.routed.load().inFlight()).isEqualTo(1);
    router = router("", "", memory);
    fails(
        Code.DEADLINE_EXCEEDED,
        "DEADLINE_EXCEEDED",
        () -> readWithin(Duration.ofMillis(300), options().build()));
    release.countDown();
    eventually("it is free again", () -> memory.routed.load().inFlight() == 0);
  }

  @Test
  void aStoreThatHangsAndIsAloneIsSoonSaidToBeAwayInsteadOfWaitedFor() throws Exception {
    router = router("", "", sql);
    sql.hangs();
    Duration brief = PATIENT.slow().plusMillis(200);
    eventually(
        "those who come later need not wait",
        () -> {
          try {
            readWithin(brief, options().build());
            return false;
          } catch (StatusRuntimeException e) {
            ApiError error = ApiError.from(e).orElseThrow();
            if (error.code() == Code.DEADLINE_EXCEEDED) {
              return false;
            }
            assertThat(error.reason()).isEqualTo("SOURCE_UNAVAILABLE");
            assertThat(error.retryAfter()).isNotNull();
            return true;
          }
        });
    assertThat(sql.routed.breaker().isOpen()).isTrue();
  }

  /** Another server may answer at once. */
  @Test
  void theLastSourceLeavesTheCallerTimeToAskElsewhere() throws Exception {
    router = router(BRIEF, "", "", sql);
    sql.hangs();
    ApiError error =
        fails(
            Code.UNAVAILABLE,
            "SOURCE_UNAVAILABLE",
            () -> readWithin(LEAVES_HALF, options().build()));
    assertThat(error.retryAfter()).isNotNull();
    eventually("it is stopped", () -> sql.cancelled.get() == 1);
  }

  /** Beyond what a budget is, so that half of it is left: four seconds. */
  private static final Duration LEAVES_HALF = Duration.ofSeconds(8);

  /** As is the one that has caught up meanwhile. */
  @Test
  void theLastSourceToCatchUpLeavesTheCallerTimeToAskElsewhere() throws Exception {
    router =
        router(
            new RoutingLimits(BRIEF.waitMax(), FAR, BRIEF.budgetMax(), BRIEF.slow()), "", "", sql);
    sql.stands(at(2));
    sql.hangs();
    fails(Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", () -> readWithin(LEAVES_HALF, atLeast(2)));
    eventually("it is stopped", () -> sql.cancelled.get() == 1);
  }

  @Test
  void theLastSourceThatIsUpIsNotLeftAloneForBeingSlow() throws Exception {
    leftAlone(redis);
    leftAlone(sql);
    memoryIsSlowAndStaysUp();
    // Once it has answered nothing for a while, it is.
    nanos.addAndGet(Duration.ofSeconds(2).toNanos());
    eventually(
        "it is left alone",
        () -> {
          assertThatThrownBy(this::readSlowly).isInstanceOf(StatusRuntimeException.class);
          return !memory.routed.isUp();
        });
  }

  @Test
  void aSourceThatIsBeingFilledTakesNobodysPlace() {
    leftAlone(sql);
    SourcePosition filled = new SourcePosition("payments", "epoch-1", 2, "event-2", 9, 0);
    redis.known.publish(filled);
    redis.answers(() -> new Answer.NotReady<>(filled));
    assertThat(redis.routed.isUp()).isTrue();
    memoryIsSlowAndStaysUp();
  }

  private static void leftAlone(ScriptedSource source) {
    source.fails();
    SourceBreaker breaker = source.routed.breaker();
    for (int i = 0; i < 5; i++) {
      breaker.failed(breaker.acquire(), 1, new IOException("away"));
    }
    assertThat(source.routed.isUp()).isFalse();
  }

  private void memoryIsSlowAndStaysUp() {
    for (int i = 0; i < 6; i++) {
      memory.works();
      assertThat(servedBy(read())).isEqualTo(MEMORY);
      memory.hangs();
      assertThatThrownBy(this::readSlowly).isInstanceOf(StatusRuntimeException.class);
      assertThat(memory.routed.isUp()).isTrue();
    }
  }

  /** A source has half of the time, which is more than a slow one may take. */
  private void readSlowly() throws Exception {
    readWithin(PATIENT.slow().multipliedBy(3), options().build());
  }

  @Test
  void aSourceThatIsFarBehindComesAfterThoseThatAreNot() {
    memory.lagging(Duration.ofMinutes(1));
    assertThat(servedBy(read())).isEqualTo(ReadSource.READ_SOURCE_REDIS);
    redis.lagging(Duration.ofMinutes(2));
    sql.lagging(Duration.ofMinutes(3));
    assertThat(servedBy(read())).isEqualTo(ReadSource.READ_SOURCE_MEMORY);
  }

  @Test
  void theEndOfTheCallEndsTheWorkAndIsNoFailureOfTheSource() throws Exception {
    router = router("", "", sql);
    sql.hangs();
    for (int i = 0; i < 20; i++) {
      Context.CancellableContext call = Context.current().withCancellation();
      int before = sql.asked.get();
      CompletableFuture<ApiError> error =
          CompletableFuture.supplyAsync(() -> {
            try {
              return call.call(() -> fails(Code.CANCELLED, "CANCELLED", this::read));
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
      eventually("it is asked", () -> sql.asked.get() > before);
      call.cancel(new CancellationException("gone"));
      error.get(60, TimeUnit.SECONDS);
    }
    eventually("each is stopped", () -> sql.cancelled.get() == 20);
    assertThat(sql.routed.breaker().isOpen()).isFalse();
    // But it counts as slow.
    assertThat(sql.routed.load().expectedNanos(Capability.FIND)).isPositive();
    sql.works();
    assertThat(servedBy(read())).isEqualTo(SQL);
  }

  @Test
  void aSourceThatFailsIsLeftAloneAndTriedAgain() {
    memory.fails();
    for (int i = 0; i < 20; i++) {
      assertThat(servedBy(read())).isEqualTo(REDIS);
    }
    assertThat(memory.asked).hasValue(5);
    assertThat(verdicts(read())).containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_UNHEALTHY);
    assertThat(meters.get("payments.source.breaker.state").tag("source", "memory").gauge().value())
        .isEqualTo(2);
    nanos.addAndGet(SourceBreaker.LEFT_ALONE.toNanos() + 1_000_000);
    for (int i = 0; i < 20; i++) {
      assertThat(servedBy(read())).isEqualTo(REDIS);
    }
    assertThat(memory.asked).hasValue(5 + SourceBreaker.TRIALS);
    memory.works();
    nanos.addAndGet(SourceBreaker.LEFT_ALONE.toNanos() + 1_000_000);
    for (int i = 0; i < 20; i++) {
      assertThat(servedBy(read())).isEqualTo(MEMORY);
    }
  }

  @Test
  void aSourceThatIsLeftAloneIsAskedWhereNoOtherAnswersOneQuestionAtATime() throws Exception {
    router = router("", "", sql);
    sql.fails();
    for (int i = 0; i < 10; i++) {
      fails(Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", this::read);
    }
    assertThat(sql.routed.breaker().isOpen()).isTrue();
    CountDownLatch release = new CountDownLatch(1);
    int before = sql.asked.get();
    sql.answers(() -> {
      ScriptedSource.await(release);
      return sql.data();
    });
    CompletableFuture<Routed<List<Payment>>> first = CompletableFuture.supplyAsync(this::read);
    eventually("one is asked", () -> sql.asked.get() == before + 1);
    fails(Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", this::read);
    assertThat(sql.asked).hasValue(before + 1);
    release.countDown();
    assertThat(servedBy(first.get(60, TimeUnit.SECONDS))).isEqualTo(SQL);
    assertThat(servedBy(read())).isEqualTo(SQL);
    assertThat(sql.routed.breaker().isOpen()).isFalse();
  }

  @Test
  void aStoreKnownToBeAwayIsAskedLast() {
    memory.away(true);
    memory.routed.probe(memory::position);
    Routed<List<Payment>> routed = read();
    assertThat(servedBy(routed)).isEqualTo(REDIS);
    assertThat(verdicts(routed)).containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_UNHEALTHY);
    redis.fails();
    sql.fails();
    // It may be back, whatever the probe saw.
    assertThat(servedBy(read())).isEqualTo(MEMORY);
  }

  @Test
  void aLastTryOfAStoreThatHangsEndsInTimeToSayWhenToAskAgain() {
    router = router(BRIEF, "", "", sql);
    sql.away(true);
    sql.routed.probe(sql::position);
    sql.hangs();
    ApiError error =
        fails(Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", () -> readWithin(FAR, options().build()));
    assertThat(error.retryAfter()).isNotNull();
    assertThat(sql.asked).hasValue(1);
  }

  @Test
  void inParallelTheTwoBestAreAskedAndTheSlowerIsStopped() throws Exception {
    memory.hangs();
    redis.answers(() -> {
      eventually("the other is asked, too", () -> memory.asked.get() == 1);
      return redis.data();
    });
    Routed<List<Payment>> routed = read(with(ReadStrategy.READ_STRATEGY_PARALLEL));
    assertThat(servedBy(routed)).isEqualTo(REDIS);
    assertThat(verdicts(routed))
        .containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_SLOWER)
        .containsEntry(SQL, SourceVerdict.SOURCE_VERDICT_NOT_NEEDED);
    eventually("it is stopped", () -> memory.cancelled.get() == 1);
    assertThat(counted("memory", "slower")).isEqualTo(1);
  }

  @Test
  void inParallelAFailingSourceDoesNotFailTheCallAndTheNextTakesItsPlace() {
    memory.fails();
    CountDownLatch answered = new CountDownLatch(1);
    redis.answers(() -> {
      ScriptedSource.await(answered);
      return new Answer.Unavailable<>(new IllegalStateException("on purpose"));
    });
    sql.answers(() -> {
      answered.countDown();
      return sql.data();
    });
    Routed<List<Payment>> routed = read(with(ReadStrategy.READ_STRATEGY_PARALLEL));
    assertThat(servedBy(routed)).isEqualTo(SQL);
    assertThat(verdicts(routed)).containsEntry(MEMORY, SourceVerdict.SOURCE_VERDICT_FAILED);
    // Whether it failed first is a race; that it did not fail the call is none.
    assertThat(verdicts(routed).get(REDIS))
        .isIn(SourceVerdict.SOURCE_VERDICT_FAILED, SourceVerdict.SOURCE_VERDICT_SLOWER);
    assertThat(counted("memory", "failed")).isEqualTo(1);
  }

  @Test
  void inParallelTheNewerAnswerIsGivenWhereBothAreThere() throws Exception {
    // Both have answered before either is looked at: the thread of the read is the third to go on.
    memory.standing(1);
    redis.standing(2);
    boolean seen = false;
    for (int i = 0; i < 1_000 && !seen; i++) {
      Routed<List<Payment>> routed = read(with(ReadStrategy.READ_STRATEGY_PARALLEL));
      boolean both =
          verdicts(routed).get(MEMORY) == SourceVerdict.SOURCE_VERDICT_SLOWER
              || verdicts(routed).get(REDIS) == SourceVerdict.SOURCE_VERDICT_SLOWER;
      assertThat(both).isTrue();
      seen = servedBy(routed) == REDIS;
    }
    assertThat(seen).isTrue();
  }

  @Test
  void inParallelAnApproximateSourceDoesNotOvertakeAnExactOne() {
    sql.can(Capability.ANALYZE);
    redis.can(Capability.ANALYZE_APPROXIMATELY);
    router = router("", "", redis, sql);
    Routed<List<Payment>> routed =
        router.read(
            with(ReadStrategy.READ_STRATEGY_PARALLEL),
            List.of(Capability.ANALYZE, Capability.ANALYZE_APPROXIMATELY),
            source -> source.find("acme", List.of()));
    assertThat(servedBy(routed)).isEqualTo(SQL);
    assertThat(routed.capability()).isEqualTo(Capability.ANALYZE);
    assertThat(redis.asked).hasValue(0);
  }

  @Test
  void exactComesBeforeApproximateAndApproximateBeforeNothing() {
    sql.can(Capability.ANALYZE);
    redis.can(Capability.ANALYZE_APPROXIMATELY);
    memory.can();
    List<Capability> either = List.of(Capability.ANALYZE, Capability.ANALYZE_APPROXIMATELY);
    assertThat(
            router
                .read(options().build(), either, source -> source.find("acme", List.of()))
                .capability())
        .isEqualTo(Capability.ANALYZE);
    sql.fails();
    assertThat(
            router
                .read(options().build(), either, source -> source.find("acme", List.of()))
                .capability())
        .isEqualTo(Capability.ANALYZE_APPROXIMATELY);
  }

  @Test
  void aNamedSourceAnswersAloneOrNotAtAll() {
    assertThat(servedBy(read(options().setSource(SQL).build()))).isEqualTo(SQL);
    sql.fails();
    fails(Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", () -> read(options().setSource(SQL).build()));
    assertThat(memory.asked).hasValue(0);
    assertThat(redis.asked).hasValue(0);
    ReadOptions sqlOnly = options().setSource(SQL).build();
    fails(
        Code.UNAVAILABLE,
        "SOURCE_UNAVAILABLE",
        () ->
            router.readOrAskLog(
                sqlOnly,
                Capability.FIND,
                source -> source.find("acme", List.of("p1")),
                _ -> new Answer.Data<>(List.of(), at(5))));
  }

  @Test
  void aNamedSourceThatIsNoneOfThisServersOrCannotDoItAtAllIsRefused() {
    ApiError error =
        fails(
            Code.INVALID_ARGUMENT,
            "SOURCE_NOT_CAPABLE",
            () -> read(options().setSource(SEARCH).build()));
    assertThat(error.violations())
        .extracting(it -> it.field())
        .containsExactly("read_options.source");
    redis.can(Capability.SUGGEST);
    router = router("", "", memory, redis, sql);
    fails(
        Code.INVALID_ARGUMENT,
        "SOURCE_NOT_CAPABLE",
        () ->
            router.read(
                options().setSource(REDIS).build(),
                Capability.TIMELINE,
                source -> source.timeline("acme", "c", 0, 1)));
    fails(
        Code.INVALID_ARGUMENT,
        "SOURCE_NOT_CAPABLE",
        () -> read(options().setSource(ReadSource.READ_SOURCE_LOG).build()));
    // One that has withdrawn may do it later.
    memory.can();
    fails(Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", () -> read(options().setSource(MEMORY).build()));
  }

  @Test
  void theLogCanBeNamedWhereItCanAnswer() {
    Routed<List<Payment>> routed =
        router.readOrAskLog(
            options().setSource(ReadSource.READ_SOURCE_LOG).build(),
            Capability.FIND,
            source -> source.find("acme", List.of("p1")),
            _ -> new Answer.Data<>(List.of(), at(5)));
    assertThat(servedBy(routed)).isEqualTo(ReadSource.READ_SOURCE_LOG);
    assertThat(memory.asked).hasValue(0);
  }

  @Test
  void aTokenIsLostOnlyIfItIsOfNoSourcesHistoryNorTheLogs() {
    memory.stands(at("epoch-0", 7));
    memory.known.publish(at("epoch-0", 7));
    ReadOptions.Builder old = options();
    old.getConsistencyBuilder()
        .setAtLeastAsFresh(ConsistencyTokens.encode("payments", "epoch-0", 7));
    assertThat(servedBy(read(old.build()))).isEqualTo(MEMORY);
    ReadOptions.Builder lost = options();
    lost.getConsistencyBuilder()
        .setAtLeastAsFresh(ConsistencyTokens.encode("payments", "epoch-x", 7));
    fails(Code.FAILED_PRECONDITION, "TOKEN_EPOCH_LOST", () -> readWithin(FAR, lost.build()));
    router = router(BRIEF, "memory,redis,sql", "sql", memory, redis, sql);
    // While the log cannot be asked that stays open, but no answer is given for it.
    scripted.down(true);
    fails(Code.UNAVAILABLE, "NO_FRESH_SOURCE", () -> read(lost.build()));
    fails(
        Code.UNAVAILABLE,
        "NO_FRESH_SOURCE",
        () ->
            router.readOrAskLog(
                lost.build(),
                Capability.FIND,
                source -> source.find("acme", List.of("p1")),
                _ -> new Answer.Data<>(List.of(), at(9))));
  }

  @Test
  void whereWhatIsDemandedCannotBeFoundOutOnlyTheLogAnswers() {
    scripted.down(true);
    ReadOptions.Builder critical = options();
    critical.getConsistencyBuilder().setFullyConsistent(true);
    fails(Code.UNAVAILABLE, "NO_FRESH_SOURCE", () -> read(critical.build()));
    assertThat(sql.asked).hasValue(0);
  }

  @Test
  void aReplicaIsReadyWhileAnySourceOfPaymentsIs() {
    SourceWatch watch =
        new SourceWatch(
            Map.of(
                sql.routed, sql::position,
                memory.routed, memory::position));
    assertThat(watch.unready()).isEmpty();
    sql.away(true);
    sql.routed.probe(sql::position);
    assertThat(watch.unready()).isEmpty();
    memory.givesUp();
    assertThat(watch.unready())
        .hasValue("memory: its projector has given up; sql: the store does not answer");
    sql.away(false);
    sql.routed.probe(sql::position);
    assertThat(watch.unready()).isEmpty();
    sql.can(Capability.AGGREGATE);
    memory.can();
    assertThat(watch.unready()).hasValue("no source can look payments up");
  }

  @Test
  void aSourceThatBreaksWhenAskedWhereItStandsCountsAsAway() {
    sql.routed.probe(() -> {
      throw new IllegalStateException("broken on purpose");
    });
    assertThat(sql.routed.isAway()).isTrue();
    sql.routed.probe(sql::position);
    assertThat(sql.routed.isAway()).isFalse();
  }

  @Test
  void aStoreWhoseProbeHangsCountsAsAway() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Thread probing =
        Thread.ofVirtual()
            .start(() ->
                sql.routed.probe(() -> {
                  ScriptedSource.await(release);
                  return sql.stands();
                }));
    eventually(
        "it is noticed",
        () -> {
          nanos.addAndGet(Duration.ofSeconds(1).toNanos());
          return sql.routed.isAway();
        });
    release.countDown();
    probing.join();
    assertThat(sql.routed.isAway()).isFalse();
  }
}
