package com.gyroscops.payments.read.api;

import static com.gyroscops.payments.read.Eventually.eventually;
import static com.gyroscops.payments.read.api.ApiErrors.failureOf;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.localstack.LocalRedis;
import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.v1.CacheLevel;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.GetPaymentAnalyticsRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SuggestPaymentsRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CacheTest {

  private final SampleLog log = new SampleLog("payments", "epoch-1");
  private ScriptedFeed feed;
  private Map<String, Object> settings;
  private RunningReplica replica;

  @BeforeEach
  void start() throws Exception {
    log.create("acme", "p1");
    feed = new ScriptedFeed(log);
    var postgres = ReadDatabase.shared();
    settings = ReadDatabase.settings(postgres, ReadDatabase.newDatabase(postgres));
    replica = replica(Map.of());
  }

  @AfterEach
  void stop() {
    replica.close();
    feed.close();
  }

  private RunningReplica replica(Map<String, Object> more) throws Exception {
    RunningReplica started = RunningReplica.start(settings, feed, more);
    eventually("it serves", started::isServing);
    eventually(
        "it hears changes",
        () -> started.get("/prometheus").body().contains("payments_tracker_up 1.0"));
    return started;
  }

  private static GetPaymentResponse get(RunningReplica replica, ReadOptions options) {
    return replica
        .queries()
        .getPayment(
            GetPaymentRequest.newBuilder()
                .setOrganizationId("acme")
                .setPaymentId("p1")
                .setReadOptions(options)
                .build());
  }

  private static String token(PaymentEvent event) {
    return ConsistencyTokens.encode("payments", "epoch-1", event.getPosition());
  }

  @Test
  void everyKindOfAnswerThatMayBeKeptIsGivenFromL1AndNoneIsOlderThanItsToken() throws Exception {
    var queries = replica.queries();
    for (int i = 0; i < 10; i++) {
      PaymentEvent event = log.update("acme", "p1", "lamp " + i);
      feed.publish();
      ReadOptions options = RunningReplica.atLeast(token(event));
      for (int j = 0; j < 2; j++) {
        assertThat(get(replica, options).getPayment()).isEqualTo(event.getPayment());
        var search = SearchPaymentsRequest.newBuilder().setOrganizationId("acme");
        assertThat(queries.searchPayments(search.setReadOptions(options).build()).getPayments(0))
            .isEqualTo(event.getPayment());
        var suggest = SuggestPaymentsRequest.newBuilder().setOrganizationId("acme").setText("la");
        assertThat(
                queries
                    .suggestPayments(suggest.setReadOptions(options).build())
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
      assertThat(replica.queries().getPayment(fresh.build()).getPayment())
          .isEqualTo(created.getPayment());
    }
  }

  @Test
  void aReplicaWithoutL1AnswersAllTheSame() throws Exception {
    try (RunningReplica without = replica(Map.of("cache.l1-bytes-max", 0))) {
      get(without, ReadOptions.getDefaultInstance());
      assertThat(get(without, ReadOptions.getDefaultInstance()).getRead().getCache())
          .isEqualTo(CacheLevel.CACHE_LEVEL_UNSPECIFIED);
    }
  }

  @Test
  void replicasShareAnswersInRedisAndDoWithoutItWhenItIsGone() throws Exception {
    try (LocalRedis redis = LocalRedis.temporary()) {
      Map<String, Object> more = new HashMap<>();
      more.put("redis.uri", redis.uri());
      more.put("cache.l1-bytes-max", 0);
      try (RunningReplica one = replica(more);
          RunningReplica two = replica(more)) {
        eventually(
            "they share",
            () -> {
              get(one, ReadOptions.getDefaultInstance());
              return get(two, ReadOptions.getDefaultInstance()).getRead().getCache()
                  == CacheLevel.CACHE_LEVEL_L2;
            });
        for (int i = 0; i < 10; i++) {
          PaymentEvent event = log.update("acme", "p1", "change " + i);
          feed.publish();
          ReadOptions options = RunningReplica.atLeast(token(event));
          assertThat(get(one, options).getPayment()).isEqualTo(event.getPayment());
          assertThat(get(two, options).getPayment()).isEqualTo(event.getPayment());
        }
        redis.process().destroyForcibly();
        for (int i = 0; i < 10; i++) {
          PaymentEvent event = log.update("acme", "p1", "change without " + i);
          feed.publish();
          ReadOptions options = RunningReplica.atLeast(token(event));
          assertThat(get(two, options).getPayment()).isEqualTo(event.getPayment());
        }
      }
    }
  }

  /** Version of the payment not older than a second; 0: the replica cannot tell. */
  private static long versionWithinASecond(RunningReplica replica) {
    try {
      return get(replica, staleness(1)).getPayment().getVersion();
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      return 0;
    }
  }

  private static ReadOptions staleness(long seconds) {
    return RunningReplica.with(
        Consistency.newBuilder().setMaxStaleness(Duration.newBuilder().setSeconds(seconds)));
  }

  @Test
  void aReplicaThatIsCutOffFromTheFeedGivesNothingOlderThanAskedFor() throws Exception {
    eventually(
        "it is kept",
        () -> get(replica, staleness(1)).getRead().getCache() == CacheLevel.CACHE_LEVEL_L1);
    feed.down(true);
    log.update("acme", "p1", "not heard of");
    feed.publish();
    GetPaymentResponse old = get(replica, staleness(3_600));
    assertThat(old.getPayment().getVersion()).isEqualTo(1);
    assertThat(old.getRead().getCache()).isEqualTo(CacheLevel.CACHE_LEVEL_L1);
    eventually("what is kept is too old", () -> versionWithinASecond(replica) == 0);
    eventually(
        "nothing that is kept is given without a bound",
        () -> {
          assertThat(versionWithinASecond(replica)).isZero();
          return get(replica, ReadOptions.getDefaultInstance()).getRead().getCache()
              == CacheLevel.CACHE_LEVEL_UNSPECIFIED;
        });
    feed.down(false);
    eventually(
        "it hears of the change",
        () -> {
          long version = versionWithinASecond(replica);
          assertThat(version).isNotEqualTo(1);
          return version == 2;
        });
  }

  @Test
  void theCachesAreWarmAfterAStart() throws Exception {
    log.create("acme", "p2");
    feed.publish();
    try (RunningReplica another = replica(Map.of())) {
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
