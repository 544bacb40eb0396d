package com.gyroscops.payments.read.api;

import static com.gyroscops.payments.read.UntilFresh.untilFresh;
import static com.gyroscops.payments.read.api.ApiErrors.assertFails;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.ReplicaTest;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConsistencyTest extends ReplicaTest {

  private RunningReplica replica;

  @BeforeEach
  void start() throws Exception {
    replica = serving(Map.of());
  }

  @AfterEach
  void stop() {
    replica.close();
  }

  private GetPaymentResponse get(ReadOptions options) {
    return get(replica, options);
  }

  private SearchPaymentsResponse search(ReadOptions options) {
    return search(replica, options);
  }

  private static SearchPaymentsResponse search(RunningReplica replica, ReadOptions options) {
    return replica
        .queries()
        .searchPayments(
            SearchPaymentsRequest.newBuilder()
                .setOrganizationId("acme")
                .setReadOptions(options)
                .build());
  }

  private GetPaymentResponse answered(ReadOptions options) {
    return untilFresh(() -> get(options));
  }

  private SearchPaymentsResponse found(ReadOptions options) {
    return untilFresh(() -> search(options));
  }

  /** The source's answer: where that took long, the log has given its own. */
  private GetPaymentResponse ofSource(ReadOptions options) {
    GetPaymentResponse answer = answered(options);
    return answer.getRead().getSource() == ReadSource.READ_SOURCE_LOG
        ? answered(options.toBuilder().setSource(ReadSource.READ_SOURCE_SQL).build())
        : answer;
  }

  private static String token(long position) {
    return ConsistencyTokens.encode("payments", "epoch-1", position);
  }

  private static long position(ReadMetadata read) {
    return ConsistencyTokens.decode(read.getReadAt()).orElseThrow().getPosition();
  }

  private static ReadOptions fast() {
    return RunningReplica.with(Consistency.newBuilder().setMinimizeLatency(true));
  }

  private static ReadOptions staleness(long seconds, int nanos) {
    return RunningReplica.with(
        Consistency.newBuilder()
            .setMaxStaleness(Duration.newBuilder().setSeconds(seconds).setNanos(nanos)));
  }

  /** Commits a change that the source does not get before {@code feed.hold(false)}. */
  private PaymentEvent commitUnapplied() {
    feed.hold(true);
    PaymentEvent event = log.process("acme", "p1");
    feed.publish();
    return event;
  }

  @Test
  void minimizeLatencyAnswersWhateverIsApplied() {
    commitUnapplied();
    assertThat(ofSource(fast()).getPayment().getVersion()).isEqualTo(1);
    assertThat(ofSource(ReadOptions.getDefaultInstance()).getPayment().getVersion()).isEqualTo(1);
    assertThat(position(found(fast()).getRead())).isEqualTo(1);
  }

  @Test
  void aTokenThatIsAppliedIsAnsweredAtOnceAndOneThatIsNotIsWaitedFor() throws Exception {
    assertThat(position(found(RunningReplica.atLeast(token(1))).getRead())).isEqualTo(1);
    for (int i = 0; i < 30; i++) {
      PaymentEvent event = log.update("acme", "p1", "change " + i);
      feed.publish();
      GetPaymentResponse answer = answered(RunningReplica.atLeast(token(event.getPosition())));
      assertThat(answer.getPayment()).isEqualTo(event.getPayment());
      SearchPaymentsResponse found = found(RunningReplica.atLeast(token(event.getPosition())));
      assertThat(found.getPayments(0)).isEqualTo(event.getPayment());
      assertThat(position(found.getRead())).isGreaterThanOrEqualTo(event.getPosition());
    }
  }

  @Test
  void aReplicaThatDoesNotProjectHonoursTokensToo() throws Exception {
    RunningReplica second = starting(Map.of());
    try {
      eventually("the second serves", second::isServing);
      for (int i = 0; i < 30; i++) {
        PaymentEvent event = log.update("acme", "p1", "change " + i);
        feed.publish();
        var options = RunningReplica.atLeast(token(event.getPosition()));
        assertThat(untilFresh(() -> search(second, options)).getPayments(0))
            .isEqualTo(event.getPayment());
      }
    } finally {
      second.close();
    }
  }

  @Test
  void whereTheSourceIsTooLateASinglePaymentComesFromTheLogAndAllElseIsUnavailable() {
    PaymentEvent event = commitUnapplied();
    ReadOptions options = RunningReplica.atLeast(token(event.getPosition()));
    GetPaymentResponse answer = answered(options);
    assertThat(answer.getPayment()).isEqualTo(event.getPayment());
    assertThat(answer.getRead().getSource()).isEqualTo(ReadSource.READ_SOURCE_LOG);
    assertThat(position(answer.getRead())).isEqualTo(2);

    ApiError error = assertFails(Code.UNAVAILABLE, "NO_FRESH_SOURCE", () -> search(options));
    assertThat(error.retryAfter()).isNotNull();
    assertThat(error.metadata())
        .containsEntry("required_position", "2")
        .containsEntry("applied_position", "1");

    feed.hold(false);
    assertThat(found(options).getPayments(0)).isEqualTo(event.getPayment());
  }

  @Test
  void aPaymentThatIsNeitherInTheSourceNorInTheLogIsNotFoundAsOfTheLog() {
    commitUnapplied();
    ApiError error =
        assertFails(
            Code.NOT_FOUND,
            "PAYMENT_NOT_FOUND",
            () ->
                untilFresh(() ->
                    replica
                        .queries()
                        .getPayment(
                            GetPaymentRequest.newBuilder()
                                .setOrganizationId("acme")
                                .setPaymentId("none")
                                .setReadOptions(RunningReplica.fullyConsistent())
                                .build())));
    assertThat(error.metadata()).containsEntry("read_at", token(2));
  }

  @Test
  void fullyConsistentSeesEverythingCommittedBeforeTheQuery() {
    for (int i = 0; i < 30; i++) {
      PaymentEvent event = log.update("acme", "p1", "change " + i);
      feed.publish();
      assertThat(found(RunningReplica.fullyConsistent()).getPayments(0))
          .isEqualTo(event.getPayment());
    }
    commitUnapplied();
    assertFails(
        Code.UNAVAILABLE, "NO_FRESH_SOURCE", () -> search(RunningReplica.fullyConsistent()));
    assertThat(answered(RunningReplica.fullyConsistent()).getRead().getSource())
        .isEqualTo(ReadSource.READ_SOURCE_LOG);
  }

  @Test
  void withoutTheFeedOnlyWhatNeedsItsHeadFails() {
    feed.down(true);
    assertThat(answered(fast()).getPayment().getVersion()).isEqualTo(1);
    assertThat(answered(RunningReplica.atLeast(token(1))).getPayment().getVersion()).isEqualTo(1);
    assertFails(
        Code.UNAVAILABLE, "NO_FRESH_SOURCE", () -> search(RunningReplica.fullyConsistent()));
    assertFails(Code.UNAVAILABLE, "NO_FRESH_SOURCE", () -> get(RunningReplica.fullyConsistent()));
    eventually("it serves", replica::isServing);
  }

  @Test
  void maxStalenessDemandsWhatWasCommittedThatLongAgo() throws Exception {
    assertThat(found(staleness(3_600, 0)).getPaymentsCount()).isEqualTo(1);
    commitUnapplied();
    // An observation from before the change is young enough for an hour, and not for a nanosecond.
    assertThat(found(staleness(3_600, 0)).getPayments(0).getVersion()).isEqualTo(1);
    assertFails(Code.UNAVAILABLE, "NO_FRESH_SOURCE", () -> search(staleness(0, 1)));
    feed.hold(false);
    assertThat(found(staleness(0, 1)).getPayments(0).getVersion()).isEqualTo(2);
  }

  @Test
  void aTokenOfALostHistoryIsRefusedAndOneOfTheNewHistoryIsFollowed() throws Exception {
    SampleLog other = new SampleLog("payments", "epoch-2");
    other.create("acme", "p1");
    other.update("acme", "p1", "in another history");
    feed.replaceLog(other);
    eventually(
        "the new history is answered",
        () -> {
          String readAt = answered(fast()).getRead().getReadAt();
          return ConsistencyTokens.decode(readAt).orElseThrow().getEpoch().equals("epoch-2");
        });
    // The log may have answered that; the source may still be of the other history.
    eventually(
        "the source is of the new history",
        () -> {
          try {
            String readAt = search(fast()).getRead().getReadAt();
            return ConsistencyTokens.decode(readAt).orElseThrow().getEpoch().equals("epoch-2");
          } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
            return false;
          }
        });
    assertFails(
        Code.FAILED_PRECONDITION,
        "TOKEN_EPOCH_LOST",
        () -> found(RunningReplica.atLeast(token(1))));
    String fresh = ConsistencyTokens.encode("payments", "epoch-2", 2);
    // Not from a cache, which may have kept the log's answer.
    ReadOptions ofSource =
        RunningReplica.atLeast(fresh).toBuilder()
            .setStrategy(ReadStrategy.READ_STRATEGY_DATABASE_FIRST)
            .build();
    eventually(
        "the new token is good",
        () -> answered(ofSource).getRead().getSource() == ReadSource.READ_SOURCE_SQL);
  }

  @Test
  void aTokenOfAHistoryThatTheSourceHasYetToFollowIsNotCalledLost() {
    feed.hold(true);
    SampleLog other = new SampleLog("payments", "epoch-2");
    PaymentEvent event = other.create("acme", "p1");
    feed.replaceLog(other);
    ReadOptions options =
        RunningReplica.atLeast(ConsistencyTokens.encode("payments", "epoch-2", 1));
    assertThat(answered(options).getPayment()).isEqualTo(event.getPayment());
    assertFails(Code.UNAVAILABLE, "NO_FRESH_SOURCE", () -> search(options));
  }

  @Test
  void parkedEventsMakeTheSourceIncompleteForTheirPaymentAndItsOrganization() throws Exception {
    PaymentEvent first = log.events().getFirst();
    PaymentEvent skipping =
        first.toBuilder()
            .setVersion(5)
            .setPayment(first.getPayment().toBuilder().setVersion(5))
            .build();
    log.appendRaw(skipping);
    PaymentEvent other = log.create("other", "p1");
    feed.publish();
    var after = RunningReplica.atLeast(token(other.getPosition()));
    // The log itself still knows.
    GetPaymentResponse answer = answered(after);
    assertThat(answer.getPayment().getVersion()).isEqualTo(5);
    assertThat(answer.getRead().getSource()).isEqualTo(ReadSource.READ_SOURCE_LOG);
    eventually(
        "the source stands behind the parked event",
        () ->
            position(
                    replica
                        .queries()
                        .searchPayments(
                            SearchPaymentsRequest.newBuilder().setOrganizationId("other").build())
                        .getRead())
                == 3);
    ApiError error = assertFails(Code.UNAVAILABLE, "SOURCE_INCOMPLETE", () -> search(fast()));
    assertThat(error.retryAfter()).isNotNull();
    eventually(
        "it is told",
        () ->
            replica
                .get("/prometheus")
                .body()
                .contains("payments_source_parked_events{source=\"sql\"} 1.0"));
  }
}
