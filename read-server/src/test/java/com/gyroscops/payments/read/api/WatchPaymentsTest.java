package com.gyroscops.payments.read.api;

import static com.gyroscops.payments.read.api.ApiErrors.assertFails;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.ReplicaTest;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.WatchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsResponse;
import io.grpc.Status.Code;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WatchPaymentsTest extends ReplicaTest {

  /** More than wait for a watcher beside what the network takes: 3 MiB. */
  private static final int UPDATES = 6_000;

  private RunningReplica replica;

  @Override
  protected void fill(SampleLog empty) {
    for (int i = 0; i < 700; i++) {
      empty.create(i % 3 == 0 ? "other" : "acme", "p" + i);
    }
  }

  @BeforeEach
  void start() throws Exception {
    replica = serving(Map.of());
  }

  @AfterEach
  void stop() {
    replica.close();
  }

  /** Takes responses, or none before it is told to. */
  private static final class Watcher
      implements ClientResponseObserver<WatchPaymentsRequest, WatchPaymentsResponse> {
    private final List<WatchPaymentsResponse> responses = new ArrayList<>();
    private final boolean slow;
    private @Nullable ClientCallStreamObserver<WatchPaymentsRequest> call;
    private @Nullable Throwable failure;

    Watcher(boolean slow) {
      this.slow = slow;
    }

    @Override
    public synchronized void beforeStart(ClientCallStreamObserver<WatchPaymentsRequest> stream) {
      call = stream;
      if (slow) {
        stream.disableAutoRequestWithInitial(1);
      }
    }

    @Override
    public synchronized void onNext(WatchPaymentsResponse response) {
      responses.add(response);
    }

    @Override
    public synchronized void onError(Throwable error) {
      failure = error;
    }

    @Override
    public void onCompleted() {}

    synchronized List<PaymentEvent> events() {
      return responses.stream().flatMap(it -> it.getEventsList().stream()).toList();
    }

    synchronized boolean hasBegun() {
      return !responses.isEmpty();
    }

    synchronized String resumeToken() {
      return responses.getLast().getResumeToken();
    }

    synchronized Optional<ApiError> failure() {
      return Optional.ofNullable(failure).flatMap(ApiError::from);
    }

    synchronized boolean hasEnded() {
      return failure != null;
    }

    synchronized void takeAll() {
      if (call != null) {
        call.request(Integer.MAX_VALUE);
      }
    }

    synchronized void cancel() {
      if (call != null) {
        call.cancel("enough", null);
      }
    }
  }

  private Watcher watch(String organization, String payment, String token, boolean slow) {
    Watcher watcher = new Watcher(slow);
    QueryServiceGrpc.newStub(replica.channel())
        .watchPayments(
            WatchPaymentsRequest.newBuilder()
                .setOrganizationId(organization)
                .setPaymentId(payment)
                .setResumeToken(token)
                .build(),
            watcher);
    return watcher;
  }

  private static String token(String epoch, long position) {
    return ConsistencyTokens.encode("payments", epoch, position);
  }

  private List<PaymentEvent> ofAcmeAfter(long position) {
    return log.after(position).stream()
        .filter(it -> it.getOrganizationId().equals("acme"))
        .toList();
  }

  @Test
  void aWatchResumesFromTheSourceAndGoesOnWithWhatIsCommitted() throws Exception {
    Watcher watcher = watch("acme", "", token("epoch-1", 10), false);
    for (int i = 0; i < 50; i++) {
      log.create(i % 2 == 0 ? "acme" : "other", "n" + i);
      feed.publish();
    }
    List<PaymentEvent> expected = ofAcmeAfter(10);
    eventually("all came", () -> watcher.events().size() >= expected.size());
    assertThat(watcher.events()).isEqualTo(expected);

    watcher.cancel();
    log.process("acme", "n0");
    log.process("acme", "n2");
    feed.publish();
    Watcher resumed = watch("acme", "n2", watcher.resumeToken(), false);
    eventually("it came", () -> !resumed.events().isEmpty());
    assertThat(resumed.events()).containsExactly(log.events().getLast());
  }

  /**
   * While commits go on, the replica drains and another takes its place, three times; in between
   * the feed's streams break, and the watcher leaves in the middle.
   */
  @Test
  void whoResumesOverRestartsIsSentEveryEventOnce() throws Exception {
    long before = log.head();
    AtomicBoolean done = new AtomicBoolean();
    Thread committing =
        Thread.ofVirtual()
            .start(() -> {
              for (int i = 0; !done.get(); i++) {
                log.create(i % 4 == 0 ? "other" : "acme", "r" + i);
                feed.publish();
                LockSupport.parkNanos(1_000_000);
              }
            });
    Resuming watcher = new Resuming(token("epoch-1", before));
    try {
      for (int i = 0; i < 3; i++) {
        watcher.awaitMore(200);
        feed.breakStreams();
        watcher.awaitMore(200);
        watcher.leave();
        watcher.awaitMore(50);
        replica.stop();
        eventually("it is sent elsewhere", () -> watcher.current.hasEnded());
        replica.close();
        start();
      }
    } finally {
      done.set(true);
      committing.join();
    }
    List<PaymentEvent> expected = ofAcmeAfter(before);
    watcher.awaitMore(expected.size() - watcher.events().size());
    assertThat(watcher.events()).isEqualTo(expected);
  }

  /** Watches again from its newest token, whatever ended the watch before. */
  private final class Resuming {
    private final List<PaymentEvent> taken = new ArrayList<>();
    private String token;
    private Watcher current;

    Resuming(String token) {
      this.token = token;
      current = watch("acme", "", token, false);
    }

    void awaitMore(int count) throws Exception {
      int until = events().size() + count;
      eventually(
          "event " + until + " comes",
          () -> {
            if (current.hasEnded()) {
              goOn();
            }
            return events().size() >= until;
          });
    }

    List<PaymentEvent> events() {
      List<PaymentEvent> all = new ArrayList<>(taken);
      all.addAll(current.events());
      return all;
    }

    void leave() throws Exception {
      current.cancel();
      eventually("it has left", current::hasEnded);
      goOn();
    }

    private void goOn() {
      taken.addAll(current.events());
      if (current.hasBegun()) {
        token = current.resumeToken();
      }
      current = watch("acme", "", token, false);
    }
  }

  @Test
  void aWatchFromNowSeesWhatIsCommittedAfterItsFirstResponse() throws Exception {
    Watcher watcher = watch("acme", "", "", false);
    eventually("it begins", watcher::hasBegun);
    long before = log.head();
    log.create("acme", "new");
    feed.publish();
    eventually("it came", () -> !watcher.events().isEmpty());
    assertThat(watcher.events()).isEqualTo(log.after(before));
  }

  @Test
  void aSlowWatcherIsToldThatItFellBehindAndGoesOnWhereItWasToldTo() throws Exception {
    Watcher watcher = watch("acme", "", "", true);
    eventually("it begins", watcher::hasBegun);
    long before = log.head();
    String text = "much text ".repeat(50);
    for (int i = 0; i < UPDATES; i++) {
      if (i == 0) {
        log.create("acme", "busy");
      } else {
        log.update("acme", "busy", text + i);
      }
      if (i % 500 == 0) {
        feed.publish();
      }
    }
    feed.publish();
    eventually(
        "it is given up",
        () ->
            replica
                .get("/prometheus")
                .body()
                .contains("payments_watch_ended_total{reason=\"watch_fell_behind\"}"));
    // Its end comes after what is on its way.
    eventually(
        "it is told",
        () -> {
          watcher.takeAll();
          return watcher.failure().isPresent() || watcher.events().size() == log.head() - before;
        });
    ApiError error = watcher.failure().orElseThrow();
    assertThat(error.reason()).isEqualTo("WATCH_FELL_BEHIND");
    assertThat(error.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    String token = error.metadata().getOrDefault("resume_token", "");
    assertThat(token).isEqualTo(watcher.resumeToken());
    Watcher resumed = watch("acme", "", token, false);
    long taken = watcher.events().size();
    eventually(
        "the rest came",
        () -> {
          assertThat(resumed.failure()).isEmpty();
          return taken + resumed.events().size() >= log.head() - before;
        });
    List<PaymentEvent> all = new ArrayList<>(watcher.events());
    all.addAll(resumed.events());
    assertThat(all).isEqualTo(log.after(before));
  }

  @Test
  void badTokensAndOrganizationsAreRefused() {
    for (WatchPaymentsRequest bad :
        List.of(
            WatchPaymentsRequest.newBuilder().setOrganizationId("-").build(),
            WatchPaymentsRequest.getDefaultInstance(),
            WatchPaymentsRequest.newBuilder()
                .setOrganizationId("acme")
                .setResumeToken("no token")
                .build())) {
      assertFails(
          Code.INVALID_ARGUMENT,
          "FIELD_INVALID",
          () -> replica.queries().watchPayments(bad).hasNext());
    }
    assertFails(
        Code.FAILED_PRECONDITION,
        "TOKEN_EPOCH_LOST",
        () ->
            replica
                .queries()
                .watchPayments(
                    WatchPaymentsRequest.newBuilder()
                        .setOrganizationId("acme")
                        .setResumeToken(token("epoch-0", 1))
                        .build())
                .hasNext());
  }

  @Test
  void aServerThatStopsSendsItsWatchersElsewhere() throws Exception {
    Watcher watcher = watch("acme", "", "", false);
    eventually("it begins", watcher::hasBegun);
    replica.stop();
    eventually("it is told", () -> watcher.failure().isPresent());
    assertThat(watcher.failure().orElseThrow())
        .satisfies(error -> {
          assertThat(error.reason()).isEqualTo("DRAINING");
          assertThat(error.metadata()).containsEntry("resume_token", watcher.resumeToken());
        });
  }
}
