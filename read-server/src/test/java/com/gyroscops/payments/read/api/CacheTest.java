package com.gyroscops.payments.read.api;

import static com.gyroscops.payments.read.UntilFresh.untilFresh;
import static com.gyroscops.payments.read.api.ApiErrors.failureOf;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.ReplicaTest;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.v1.CacheLevel;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.GetPaymentAnalyticsRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SuggestPaymentsRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CacheTest extends ReplicaTest {

  private static final int STALENESS_SECONDS = 6;

  private RunningReplica replica;

  @BeforeEach
  void start() throws Exception {
    replica = caching(Map.of());
  }

  @AfterEach
  void stop() {
    replica.close();
  }

  private static String token(PaymentEvent event) {
    return ConsistencyTokens.encode("payments", "epoch-1", event.getPosition());
  }

  @Test
  void everyKindOfAnswerThatMayBeKeptIsGivenFromL1AndNoneIsOlderThanItsToken() throws Exception {
    for (int i = 0; i < 10; i++) {
      PaymentEvent event = log.update("acme", "p1", "lamp " + i);
      feed.publish();
      ReadOptions options = RunningReplica.atLeast(token(event));
      for (int j = 0; j < 2; j++) {
        assertThat(untilFresh(() -> get(replica, options)).getPayment())
            .isEqualTo(event.getPayment());
        var search =
            SearchPaymentsRequest.newBuilder().setOrganizationId("acme").setReadOptions(options);
        assertThat(
                untilFresh(() -> replica.queries().searchPayments(search.build())).getPayments(0))
            .isEqualTo(event.getPayment());
        var suggest =
            SuggestPaymentsRequest.newBuilder()
                .setOrganizationId("acme")
                .setText("la")
                .setReadOptions(options);
        assertThat(
                untilFresh(() -> replica.queries().suggestPayments(suggest.build()))
                    .getSuggestions(0)
                    .getValue())
            .isEqualTo("lamp " + i);
      }
    }
    ReadOptions none = ReadOptions.getDefaultInstance();
    eventually(
        "L1 gives all kinds",
        () -> {
          var statistics =
              GetPaymentStatisticsRequest.newBuilder().setOrganizationId("acme").build();
          var analytics = GetPaymentAnalyticsRequest.newBuilder().setOrganizationId("acme").build();
          CacheLevel l1 = CacheLevel.CACHE_LEVEL_L1;
          var queries = replica.queries();
          return get(replica, none).getRead().getCache() == l1
              && queries.getPaymentStatistics(statistics).getRead().getCache() == l1
              && queries.getPaymentAnalytics(analytics).getRead().getCache() == l1;
        });
    assertThat(replica.get("/prometheus").body())
        .contains("payments_cache_hits_total{level=\"l1\",query=\"GetPaymentAnalytics\"}")
        .contains("payments_cache_entries")
        .contains("payments_cache_bytes")
        .contains("cache=\"l1\"");
  }

  private static ReadOptions staleness(long seconds) {
    return RunningReplica.with(
        Consistency.newBuilder().setMaxStaleness(Duration.newBuilder().setSeconds(seconds)));
  }

  /**
   * What was committed is in every answer to a question that was asked later than the staleness
   * after it, or there is no answer; before, what is kept is given.
   */
  @ParameterizedTest
  @EnumSource
  void aFeedThatIsCutOffHasNoAnswerGivenBeyondTheStalenessAskedFor(Cut cut) throws Exception {
    ReadOptions options = staleness(STALENESS_SECONDS);
    eventually(
        "L1 gives it",
        () ->
            untilFresh(() -> get(replica, options)).getRead().getCache()
                == CacheLevel.CACHE_LEVEL_L1);
    cut.of(feed, true);
    PaymentEvent event = log.update("acme", "p1", "changed");
    feed.publish();
    long committedNanos = System.nanoTime();
    int keptAnswers = 0;
    int lateQuestions = 0;
    while (lateQuestions < 3) {
      boolean late =
          System.nanoTime() - committedNanos > TimeUnit.SECONDS.toNanos(STALENESS_SECONDS);
      lateQuestions += late ? 1 : 0;
      try {
        GetPaymentResponse answer = get(replica, options);
        boolean old = !answer.getPayment().equals(event.getPayment());
        assertThat(old && late).as("%s", answer).isFalse();
        keptAnswers += old && answer.getRead().getCache() == CacheLevel.CACHE_LEVEL_L1 ? 1 : 0;
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      }
    }
    assertThat(keptAnswers).as("answers kept from before, within the staleness").isPositive();
    cut.of(feed, false);
    eventually(
        "it is heard of",
        () -> {
          try {
            GetPaymentResponse answer = get(replica, options);
            return answer.getPayment().equals(event.getPayment())
                && answer.getRead().getCache() == CacheLevel.CACHE_LEVEL_L1;
          } catch (StatusRuntimeException _) {
            return false;
          }
        });
  }

  /** How a feed is cut off. */
  enum Cut {
    SILENT,
    DOWN,
    HEADS_ALONE;

    void of(ScriptedFeed feed, boolean isCut) {
      switch (this) {
        case SILENT -> feed.silent(isCut);
        case DOWN -> feed.down(isCut);
        case HEADS_ALONE -> feed.hold(isCut);
      }
    }
  }

  @Test
  void whileTheFeedIsNotHeardAnswersThatMayBeAnyAgeComeFromTheSourceAlone() throws Exception {
    ReadOptions none = ReadOptions.getDefaultInstance();
    // Has it look where the head is.
    var _ = untilFresh(() -> get(replica, staleness(1)));
    eventually(
        "L1 gives it", () -> get(replica, none).getRead().getCache() == CacheLevel.CACHE_LEVEL_L1);
    feed.silent(true);
    eventually(
        "the source gives it",
        () -> get(replica, none).getRead().getCache() == CacheLevel.CACHE_LEVEL_UNSPECIFIED);
    assertThat(get(replica, none).getRead().getCache())
        .isEqualTo(CacheLevel.CACHE_LEVEL_UNSPECIFIED);
    // What is known of an hour ago still is.
    assertThat(get(replica, staleness(3_600)).getRead().getCache())
        .isEqualTo(CacheLevel.CACHE_LEVEL_L1);
    assertThat(replica.get("/prometheus").body())
        .contains("payments_tracker_up 0.0")
        .contains("payments_cache_bypasses_total{query=\"GetPayment\",reason=\"tracker_down\"}");
  }

  @Test
  void onlyCacheFirstWithoutASourceIsAnsweredFromACacheAndExplainsNothingThen() throws Exception {
    ReadOptions explained = ReadOptions.newBuilder().setExplain(true).build();
    eventually(
        "L1 gives it",
        () -> {
          ReadMetadata read = get(replica, explained).getRead();
          boolean cached = read.getCache() == CacheLevel.CACHE_LEVEL_L1;
          assertThat(read.getConsideredCount() == 0).isEqualTo(cached);
          assertThat(read.getSource()).isNotEqualTo(ReadSource.READ_SOURCE_UNSPECIFIED);
          return cached;
        });
    for (ReadOptions asked :
        List.of(
            explained.toBuilder().setSource(ReadSource.READ_SOURCE_SQL).build(),
            explained.toBuilder().setStrategy(ReadStrategy.READ_STRATEGY_DATABASE_FIRST).build(),
            explained.toBuilder().setStrategy(ReadStrategy.READ_STRATEGY_PARALLEL).build())) {
      ReadMetadata read = get(replica, asked).getRead();
      assertThat(read.getCache()).as("%s", asked).isEqualTo(CacheLevel.CACHE_LEVEL_UNSPECIFIED);
      assertThat(read.getConsideredList()).isNotEmpty();
    }
    ReadOptions cacheFirst =
        explained.toBuilder().setStrategy(ReadStrategy.READ_STRATEGY_CACHE_FIRST).build();
    eventually(
        "L1 gives it",
        () -> get(replica, cacheFirst).getRead().getCache() == CacheLevel.CACHE_LEVEL_L1);
  }

  @Test
  void anAbsentPaymentIsKeptAsAbsentUntilItIsCreated() {
    for (int i = 0; i < 3; i++) {
      var request =
          GetPaymentRequest.newBuilder().setOrganizationId("acme").setPaymentId("n" + i).build();
      for (int j = 0; j < 3; j++) {
        assertThat(failureOf(() -> replica.queries().getPayment(request)).metadata())
            .containsEntry("payment_id", "n" + i)
            .containsKey("read_at");
      }
      PaymentEvent created = log.create("acme", "n" + i);
      feed.publish();
      var fresh = request.toBuilder().setReadOptions(RunningReplica.atLeast(token(created)));
      assertThat(untilFresh(() -> replica.queries().getPayment(fresh.build())).getPayment())
          .isEqualTo(created.getPayment());
    }
  }

  @Test
  void aReplicaWithoutL1AnswersAllTheSame() throws Exception {
    try (RunningReplica without = caching(Map.of("cache.l1-bytes-max", 0))) {
      get(without, ReadOptions.getDefaultInstance());
      assertThat(get(without, ReadOptions.getDefaultInstance()).getRead().getCache())
          .isEqualTo(CacheLevel.CACHE_LEVEL_UNSPECIFIED);
    }
  }

  @Test
  void theCachesAreWarmAfterAStart() throws Exception {
    log.create("acme", "p2");
    feed.publish();
    try (RunningReplica another = caching(Map.of())) {
      eventually(
          "it has asked",
          () ->
              another
                  .get("/prometheus")
                  .body()
                  .contains("payments_cache_misses_total{query=\"GetPayment\"}"));
      eventually(
          "it is warm",
          () ->
              get(another, ReadOptions.getDefaultInstance()).getRead().getCache()
                  == CacheLevel.CACHE_LEVEL_L1);
    }
  }
}
