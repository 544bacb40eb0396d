package com.gyroscops.payments.read.api;

import static com.gyroscops.payments.read.api.ApiErrors.assertFails;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.internal.v1.ListSourcesRequest;
import com.gyroscops.payments.internal.v1.OptimizeSourceRequest;
import com.gyroscops.payments.internal.v1.ReadAdminServiceGrpc;
import com.gyroscops.payments.internal.v1.SourceHealth;
import com.gyroscops.payments.internal.v1.SourceState;
import com.gyroscops.payments.read.ReplicaTest;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SourceVerdict;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sources as those who run the server see them, and as a request names them, over real ports. */
class ReadAdminTest extends ReplicaTest {

  private static final Map<String, Object> WITHOUT_CACHE = Map.of("cache.l1-bytes-max", 0);

  private RunningReplica replica;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    replica = serving(WITHOUT_CACHE);
    channel = replica.internalChannel();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    replica.close();
  }

  private ReadAdminServiceGrpc.ReadAdminServiceBlockingStub admin() {
    return ReadAdminServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private SourceState sql() {
    return admin().listSources(ListSourcesRequest.getDefaultInstance()).getSourcesList().stream()
        .filter(it -> it.getSource() == ReadSource.READ_SOURCE_SQL)
        .findFirst()
        .orElseThrow();
  }

  private GetPaymentResponse get(ReadOptions.Builder options) {
    return get(replica, options.build());
  }

  @Test
  void sourcesAreListedWithWhereTheyStandAndWhatTheyCanDo() throws Exception {
    feed.hold(true);
    log.update("acme", "p1", "changed");
    feed.publish();
    eventually("the new head is known", () -> sql().getEventsBehind() == 1);
    SourceState sql = sql();
    assertThat(sql.getHealth()).isEqualTo(SourceHealth.SOURCE_HEALTH_UP);
    assertThat(sql.getAppliedPosition()).isEqualTo(1);
    assertThat(sql.getAppliedAt()).isEqualTo(ConsistencyTokens.encode("payments", "epoch-1", 1));
    assertThat(sql.getProjectedHere()).isTrue();
    assertThat(sql.getParkedEvents()).isZero();
    assertThat(sql.getCapabilitiesList())
        .contains("find", "search", "aggregate", "history", "timeline");
    feed.hold(false);
    eventually("it catches up", () -> sql().getEventsBehind() == 0);
  }

  @Test
  void aSourceThatNeedsNoTidyingOrIsNotThereCannotBeOptimized() {
    for (ReadSource source :
        new ReadSource[] {ReadSource.READ_SOURCE_SQL, ReadSource.READ_SOURCE_LOG}) {
      assertFails(
          Code.INVALID_ARGUMENT,
          "SOURCE_NOT_CAPABLE",
          () ->
              admin().optimizeSource(OptimizeSourceRequest.newBuilder().setSource(source).build()));
    }
    assertFails(
        Code.INVALID_ARGUMENT,
        "FIELD_INVALID",
        () -> admin().optimizeSource(OptimizeSourceRequest.getDefaultInstance()));
    assertFails(
        Code.INVALID_ARGUMENT,
        "FIELD_INVALID",
        () ->
            admin().optimizeSource(OptimizeSourceRequest.newBuilder().setSourceValue(99).build()));
  }

  @Test
  void theAdministrationIsNotOnThePublicPortAndTellsHealthOnItsOwn() throws Exception {
    assertThatThrownBy(() ->
            ReadAdminServiceGrpc.newBlockingStub(replica.channel())
                .listSources(ListSourcesRequest.getDefaultInstance()))
        .hasMessageContaining("UNIMPLEMENTED");
    Iterator<HealthCheckResponse> health =
        HealthGrpc.newBlockingStub(channel)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .watch(HealthCheckRequest.getDefaultInstance());
    assertThat(health.next().getStatus()).isEqualTo(ServingStatus.SERVING);
    Thread stopping = Thread.ofPlatform().start(replica::stop);
    // It drains with the rest; whoever watches is told, however long that takes.
    assertThat(health.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    stopping.join();
    assertThatThrownBy(() -> admin().listSources(ListSourcesRequest.getDefaultInstance()))
        .hasMessageContaining("UNAVAILABLE");
  }

  @Test
  void anAnswerTellsWhoWasConsideredIfAskedTo() throws Exception {
    assertThat(get(ReadOptions.newBuilder().setExplain(true)).getRead().getConsideredList())
        .anySatisfy(it -> {
          assertThat(it.getSource()).isEqualTo(ReadSource.READ_SOURCE_SQL);
          assertThat(it.getVerdict()).isEqualTo(SourceVerdict.SOURCE_VERDICT_SERVED);
        });
    assertThat(get(ReadOptions.newBuilder()).getRead().getConsideredList()).isEmpty();
    assertThat(replica.get("/prometheus").body())
        .containsPattern(
            "payments_source_reads_total\\{kind=\"find\",source=\"sql\",verdict=\"served\"\\}"
                + " [2-9]")
        .containsPattern(
            "payments_source_read_time_seconds_count\\{kind=\"find\",source=\"sql\"\\} [2-9]")
        .contains("payments_source_reads_in_flight{source=\"sql\"} 0")
        .contains("payments_source_breaker_state{source=\"sql\"} 0");
    assertThat(replica.get("/health/readiness").body()).contains("\"sql\":\"ready\"");
  }

  @Test
  void aRequestMayNameItsSourceAndTheLogForASinglePaymentAlone() {
    assertThat(get(ReadOptions.newBuilder().setSource(ReadSource.READ_SOURCE_SQL)).getRead())
        .extracting(it -> it.getSource())
        .isEqualTo(ReadSource.READ_SOURCE_SQL);
    assertThat(get(ReadOptions.newBuilder().setSource(ReadSource.READ_SOURCE_LOG)).getRead())
        .extracting(it -> it.getSource())
        .isEqualTo(ReadSource.READ_SOURCE_LOG);
    ReadOptions logOnly =
        ReadOptions.newBuilder()
            .setSource(ReadSource.READ_SOURCE_LOG)
            .setConsistency(Consistency.newBuilder().setFullyConsistent(true))
            .build();
    assertFails(
        Code.INVALID_ARGUMENT,
        "SOURCE_NOT_CAPABLE",
        () ->
            replica
                .queries()
                .searchPayments(
                    SearchPaymentsRequest.newBuilder()
                        .setOrganizationId("acme")
                        .setReadOptions(logOnly)
                        .build()));
    assertFails(
        Code.INVALID_ARGUMENT,
        "FIELD_INVALID",
        () -> get(ReadOptions.newBuilder().setSourceValue(99)));
    assertFails(
        Code.INVALID_ARGUMENT,
        "FIELD_INVALID",
        () -> get(ReadOptions.newBuilder().setStrategyValue(99)));
  }
}
