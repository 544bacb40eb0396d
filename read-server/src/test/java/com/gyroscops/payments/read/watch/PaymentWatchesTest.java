package com.gyroscops.payments.read.watch;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.tracking.ChangeWindow;
import com.gyroscops.payments.read.tracking.Changes;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.WatchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsResponse;
import io.grpc.Status.Code;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PaymentWatchesTest {

  private static final int WATCHERS_MAX = 5;

  private final SampleLog log = new SampleLog("payments", "epoch-1");
  private final Heard changes = new Heard();
  private final AtomicInteger pages = new AtomicInteger();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private volatile long sourceAt;
  private volatile @Nullable RuntimeException sourceFailure;
  private ScriptedFeed feed;
  private FeedClient client;
  private HeadTracker heads;
  private PaymentWatches watches;

  /** A tracker that hears at once what a test appends. */
  private static final class Heard implements Changes {
    private final List<Consumer<List<PaymentEvent>>> listeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable ChangeWindow stretch;
    private volatile Duration silence = Duration.ZERO;

    void begin(@Nullable ChangeWindow other) {
      stretch = other;
      listeners.forEach(it -> it.accept(List.of()));
    }

    void hear(List<PaymentEvent> events) {
      ChangeWindow now = stretch;
      if (now != null && !events.isEmpty()) {
        now.append(events);
        listeners.forEach(it -> it.accept(events));
      }
    }

    @Override
    public @Nullable ChangeWindow current() {
      return stretch;
    }

    @Override
    public Duration silence() {
      return silence;
    }

    @Override
    public void addListener(Consumer<List<PaymentEvent>> listener) {
      listeners.add(listener);
    }
  }

  @BeforeEach
  void start() throws Exception {
    feed = new ScriptedFeed(log);
    client = FeedClient.to(List.of(feed.target()));
    heads = new HeadTracker(client, System::nanoTime, Duration.ofMinutes(1));
    watches = watches(Duration.ofSeconds(9));
  }

  @AfterEach
  void stop() throws Exception {
    watches.drain();
    eventually("all watches end", () -> watches.watchers() == 0);
    heads.close();
    client.close();
    feed.close();
  }

  private PaymentWatches watches(Duration heartbeat) {
    return new PaymentWatches(
        changes,
        this::page,
        heads,
        new WatchLimits(heartbeat, Duration.ofSeconds(10), 50, 7, Duration.ofMillis(20)),
        WATCHERS_MAX,
        meters);
  }

  /** A source that stands where the test says. */
  private PastEvents.Page page(
      String organization, String payment, long position, String token, int limit) {
    RuntimeException failure = sourceFailure;
    if (failure != null) {
      throw failure;
    }
    pages.incrementAndGet();
    assertThat(ConsistencyTokens.decode(token).orElseThrow().getPosition()).isEqualTo(position);
    List<PaymentEvent> all = matching(position, organization, payment, log.events());
    List<PaymentEvent> seen =
        all.stream().filter(it -> it.getPosition() <= sourceAt).limit(limit).toList();
    long upTo = seen.size() == limit ? seen.getLast().getPosition() : Math.max(position, sourceAt);
    return new PastEvents.Page(seen, "epoch-1", upTo);
  }

  private static List<PaymentEvent> matching(
      long after, String organization, String payment, List<PaymentEvent> events) {
    return events.stream()
        .filter(it -> it.getPosition() > after)
        .filter(it -> it.getOrganizationId().equals(organization))
        .filter(it -> payment.isEmpty() || it.getPaymentId().equals(payment))
        .toList();
  }

  private void begin(int ringEvents) {
    changes.begin(ChangeWindow.small(new LogHead("payments", "epoch-1", log.head()), ringEvents));
  }

  private void commit(int count) {
    for (int i = 0; i < count; i++) {
      log.create("acme", "p" + log.head());
    }
    hear();
  }

  private void hear() {
    ChangeWindow now = changes.current();
    if (now != null) {
      changes.hear(log.after(now.position()));
    }
  }

  private RecordedCall watch(String organization, String payment, String token) {
    RecordedCall call = new RecordedCall();
    watches.watch(
        WatchPaymentsRequest.newBuilder()
            .setOrganizationId(organization)
            .setPaymentId(payment)
            .setResumeToken(token)
            .build(),
        call);
    return call;
  }

  private static String token(long position) {
    return ConsistencyTokens.encode("payments", "epoch-1", position);
  }

  private static ApiError awaitEnd(RecordedCall call) throws Exception {
    eventually("it ends", () -> call.failure().isPresent());
    return call.failure().orElseThrow();
  }

  private void assertSends(RecordedCall call, List<PaymentEvent> events) throws Exception {
    eventually("all are sent", () -> call.events().size() >= events.size());
    assertThat(call.events()).isEqualTo(events);
  }

  @Test
  void fromNowMeansEverythingThatIsCommittedAfterTheFirstResponse() throws Exception {
    commit(3);
    begin(100);
    RecordedCall call = watch("acme", "", "");
    eventually("it begins", () -> !call.responses().isEmpty());
    assertThat(call.responses().getFirst())
        .isEqualTo(WatchPaymentsResponse.newBuilder().setResumeToken(token(3)).build());
    commit(20);
    log.create("other", "p1");
    hear();
    assertSends(call, log.events().subList(3, 23));
    // With or without the other organization's event, which may have come along.
    assertThat(call.resumeToken()).isIn(token(23), token(24));
    assertThat(pages).hasValue(0);
  }

  @Test
  void onePaymentIsWatchedAlone() throws Exception {
    begin(100);
    RecordedCall call = watch("acme", "p1", "");
    eventually("it begins", () -> !call.responses().isEmpty());
    log.create("acme", "p1");
    log.create("acme", "p2");
    log.create("other", "p1");
    log.process("acme", "p1");
    hear();
    assertSends(call, matching(0, "acme", "p1", log.events()));
  }

  @Test
  void whatTheRingStillHasIsResumedFromItAndWhatItHasNotFromASource() throws Exception {
    begin(10);
    commit(60);
    sourceAt = 60;
    RecordedCall near = watch("acme", "", token(55));
    assertSends(near, log.after(55));
    assertThat(pages).hasValue(0);
    RecordedCall far = watch("acme", "", token(3));
    assertSends(far, log.after(3));
    assertThat(pages).hasPositiveValue();
    commit(5);
    assertSends(far, log.after(3));
    assertSends(near, log.after(55));
  }

  @Test
  void aTokenFromBeforeTheTrackerStartedIsResumedFromASource() throws Exception {
    commit(30);
    begin(100);
    sourceAt = 20;
    RecordedCall call = watch("acme", "", token(2));
    assertSends(call, log.events().subList(2, 20));
    // The source is behind where the stretch began: what is in between comes when it has it.
    commit(3);
    sourceAt = 31;
    assertSends(call, log.after(2));
  }

  @Test
  void aTokenOfAnEventThatIsNotHeardYetWaitsForWhatFollowsIt() throws Exception {
    begin(100);
    RecordedCall call = watch("acme", "", token(2));
    eventually("it begins", () -> !call.responses().isEmpty());
    commit(4);
    assertSends(call, log.after(2));
  }

  /** Sources and rings that lag and forget, any number of changes between them, slow takers. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void nothingIsLeftOutOrRepeatedWhileEventsAreCommitted(long seed) throws Exception {
    Random random = Seed.random(seed);
    log.random(random, 200);
    begin(20);
    sourceAt = log.head();
    long from = random.nextInt(200);
    RecordedCall call = watch("org-1", "", token(from));
    for (int i = 0; i < 150; i++) {
      log.random(random, 1 + random.nextInt(4));
      hear();
      // The source is behind what is heard, by more or less.
      sourceAt = Math.max(sourceAt, log.head() - random.nextInt(15));
      switch (random.nextInt(6)) {
        case 0 -> call.ready(false);
        case 1 -> call.ready(true);
        case 2 -> Thread.sleep(random.nextInt(3));
        default -> Thread.onSpinWait();
      }
    }
    sourceAt = log.head();
    call.ready(true);
    List<PaymentEvent> sent = new ArrayList<>();
    long after = from;
    // One that fell behind goes on from where it was told to.
    for (int resumed = 0; resumed < 100; resumed++) {
      long start = after;
      List<PaymentEvent> all = matching(start, "org-1", "", log.events());
      RecordedCall now = call;
      eventually(
          "it has all or ended",
          () -> now.events().size() >= all.size() || now.failure().isPresent());
      sent.addAll(now.events());
      if (now.failure().isEmpty()) {
        break;
      }
      assertThat(now.failure().get().reason()).isEqualTo("WATCH_FELL_BEHIND");
      String token = now.failure().get().metadata().getOrDefault("resume_token", "");
      after = ConsistencyTokens.decode(token).orElseThrow().getPosition();
      call = watch("org-1", "", token);
    }
    assertThat(sent).isEqualTo(matching(from, "org-1", "", log.events()));
  }

  /** Has a call take nothing, and waits until that is known. */
  private static void stall(RecordedCall call) throws Exception {
    int before = call.refusals();
    call.stall();
    eventually("it is known to take nothing", () -> call.refusals() > before);
  }

  @Test
  void whoTakesNothingIsToldThatItFellBehindAndFromWhereToGoOn() throws Exception {
    begin(1_000);
    RecordedCall call = watch("acme", "", "");
    eventually("it begins", () -> !call.responses().isEmpty());
    commit(5);
    assertSends(call, log.events());
    stall(call);
    commit(51);
    ApiError error = awaitEnd(call);
    assertThat(error.reason()).isEqualTo("WATCH_FELL_BEHIND");
    assertThat(error.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(error.metadata()).containsEntry("resume_token", token(5));
    assertThat(call.events()).hasSize(5);
    assertThat(
            meters.get("payments.watch.ended").tag("reason", "watch_fell_behind").counter().count())
        .isEqualTo(1);
    assertSends(watch("acme", "", token(5)), log.after(5));
  }

  @Test
  void whoStallsForAWhileGoesOnWhereItStalled() throws Exception {
    begin(1_000);
    RecordedCall call = watch("acme", "", "");
    eventually("it begins", () -> !call.responses().isEmpty());
    stall(call);
    commit(40);
    // Both have begun after the commits, or the second one has.
    int before = call.refusals();
    eventually("it has looked what waits", () -> call.refusals() >= before + 2);
    assertThat(call.events()).isEmpty();
    call.ready(true);
    assertSends(call, log.events());
  }

  @Test
  void aSignOfLifeComesWhenNothingElseDoes() throws Exception {
    watches = watches(Duration.ofMillis(50));
    begin(100);
    RecordedCall call = watch("acme", "", "");
    log.create("other", "p1");
    hear();
    eventually("there are several", () -> call.responses().size() >= 4);
    eventually("it moves on with the log", () -> call.resumeToken().equals(token(1)));
    assertThat(call.events()).isEmpty();
  }

  @Test
  void moreWatchersThanThereAreAllowedAreRefusedUntilOneLeaves() throws Exception {
    begin(100);
    List<RecordedCall> calls = new ArrayList<>();
    for (int i = 0; i < WATCHERS_MAX; i++) {
      calls.add(watch("acme", "", ""));
    }
    assertThatThrownBy(() -> watch("acme", "", ""))
        .satisfies(failure ->
            assertThat(ApiError.from(failure).orElseThrow().reason()).isEqualTo("WATCH_LIMIT"));
    calls.getFirst().cancel();
    eventually("it leaves", () -> watches.watchers() == WATCHERS_MAX - 1);
    RecordedCall again = watch("acme", "", "");
    eventually("it begins", () -> !again.responses().isEmpty());
  }

  @Test
  void aServerThatStopsSaysSoAndFromWhereToGoOn() throws Exception {
    commit(2);
    begin(100);
    RecordedCall call = watch("acme", "", "");
    eventually("it begins", () -> !call.responses().isEmpty());
    watches.drain();
    ApiError error = awaitEnd(call);
    assertThat(error.reason()).isEqualTo("DRAINING");
    assertThat(error.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(error.metadata()).containsEntry("resume_token", token(2));
    assertThatThrownBy(() -> watch("acme", "", ""))
        .satisfies(failure ->
            assertThat(ApiError.from(failure).orElseThrow().reason()).isEqualTo("DRAINING"));
  }

  @Test
  void aFeedThatIsSilentForLongEndsWatchesAndAShortSilenceDoesNot() throws Exception {
    watches = watches(Duration.ofMillis(20));
    begin(100);
    RecordedCall call = watch("acme", "", "");
    changes.silence = Duration.ofSeconds(9);
    eventually("it lives", () -> call.responses().size() > 3);
    changes.silence = Duration.ofSeconds(11);
    ApiError error = awaitEnd(call);
    assertThat(error.reason()).isEqualTo("FEED_UNAVAILABLE");
    assertThat(error.retryAfter()).isNotNull();
    assertThat(awaitEnd(watch("acme", "", "")).reason()).isEqualTo("FEED_UNAVAILABLE");
  }

  @Test
  void aWatchBeforeTheTrackerHasStartedWaitsForIt() throws Exception {
    RecordedCall call = watch("acme", "", "");
    begin(100);
    eventually("it begins", () -> !call.responses().isEmpty());
  }

  @Test
  void aHistoryThatWasLostEndsWatchesAndItsTokensAreRefused() throws Exception {
    begin(100);
    RecordedCall call = watch("acme", "", "");
    eventually("it begins", () -> !call.responses().isEmpty());
    feed.replaceLog(new SampleLog("payments", "epoch-2"));
    changes.begin(ChangeWindow.afterDivergence(new LogHead("payments", "epoch-2", 0), 1));
    assertThat(awaitEnd(call).reason()).isEqualTo("TOKEN_EPOCH_LOST");
    ApiError refused = awaitEnd(watch("acme", "", token(0)));
    assertThat(refused.reason()).isEqualTo("TOKEN_EPOCH_LOST");
    assertThat(refused.code()).isEqualTo(Code.FAILED_PRECONDITION);
  }

  @Test
  void aWatchGoesOnInALaterHistoryThatHoldsAllThatItWasSent() throws Exception {
    commit(3);
    begin(100);
    RecordedCall call = watch("acme", "", "");
    eventually("it begins", () -> !call.responses().isEmpty());
    commit(2);
    assertSends(call, log.events().subList(3, 5));
    SampleLog later = log.continuedIn("epoch-2", 5);
    later.create("acme", "after");
    Objects.requireNonNull(changes.current()).continueIn(later.lineage());
    changes.hear(later.after(5));
    assertSends(call, later.events().subList(3, 6));
    assertThat(call.resumeToken()).isEqualTo(ConsistencyTokens.encode("payments", "epoch-2", 6));
  }

  /** It was resumed from a server that was further than this one's tracker. */
  @Test
  void aWatchThatWasSentWhatIsLostIsNotSentWhatIsThereInstead() throws Exception {
    commit(3);
    begin(100);
    RecordedCall call = watch("acme", "", token(5));
    eventually("it begins", () -> !call.responses().isEmpty());
    SampleLog later = log.continuedIn("epoch-2", 3);
    for (int i = 0; i < 3; i++) {
      later.create("acme", "instead-" + i);
    }
    Objects.requireNonNull(changes.current()).continueIn(later.lineage());
    changes.hear(later.after(3));
    assertThat(awaitEnd(call).reason()).isEqualTo("TOKEN_EPOCH_LOST");
    assertThat(call.events()).isEmpty();
    assertThat(call.resumeToken()).isEqualTo(token(5));
  }

  @Test
  void tokensOfAnEarlierHistoryAreGoneOnFromAsFarAsTheLaterOneHoldsThem() throws Exception {
    commit(3);
    SampleLog later = log.continuedIn("epoch-2", 2);
    changes.begin(ChangeWindow.small(new LogHead("payments", later.lineage(), 2), 100));
    feed.replaceLog(later);
    RecordedCall shared = watch("acme", "", token(2));
    eventually("it begins", () -> !shared.responses().isEmpty());
    assertThat(awaitEnd(watch("acme", "", token(3))).reason()).isEqualTo("TOKEN_EPOCH_LOST");
    later.create("acme", "instead");
    changes.hear(later.after(2));
    assertSends(shared, later.after(2));
  }

  @Test
  void aTokenOfAHistoryThatTheTrackerHasYetToFollowIsNotLost() throws Exception {
    begin(100);
    feed.replaceLog(new SampleLog("payments", "epoch-2"));
    String newer = ConsistencyTokens.encode("payments", "epoch-2", 0);
    assertThat(awaitEnd(watch("acme", "", newer)).reason()).isEqualTo("FEED_UNAVAILABLE");
  }

  @Test
  void aSourceThatFailsEndsTheWatchWithWhatItSays() throws Exception {
    commit(10);
    begin(100);
    sourceFailure = ApiError.of(Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", "away").toException();
    assertThat(awaitEnd(watch("acme", "", token(1))).reason()).isEqualTo("SOURCE_UNAVAILABLE");
  }

  @Test
  void badRequestsAreRefused() {
    begin(100);
    for (Runnable bad :
        List.<Runnable>of(
            () -> watch("-", "", ""),
            () -> watch("", "", ""),
            () -> watch("acme", "a b", ""),
            () -> watch("acme", "", "no token"))) {
      assertThatThrownBy(bad::run)
          .satisfies(failure ->
              assertThat(ApiError.from(failure).orElseThrow().reason()).isEqualTo("FIELD_INVALID"));
    }
    assertThat(watches.watchers()).isZero();
  }

  @Test
  void aWatcherThatLeavesIsForgotten() throws Exception {
    begin(100);
    RecordedCall call = watch("acme", "", "");
    eventually("it begins", () -> !call.responses().isEmpty());
    call.cancel();
    eventually("it is forgotten", () -> watches.watchers() == 0);
    assertThat(call.failure()).isEmpty();
  }
}
