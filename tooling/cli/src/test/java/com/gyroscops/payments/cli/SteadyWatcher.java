package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.WatchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches an organization for as long as the servers let it, and goes on from its newest token
 * elsewhere. A thread of its own; for concurrent use.
 */
final class SteadyWatcher implements AutoCloseable {

  private static final Duration AGAIN = Duration.ofMillis(100);
  private static final Duration BEGIN_MAX = Duration.ofMinutes(1);

  private final String organization;
  private final Channel channel;
  private final CountDownLatch begun = new CountDownLatch(1);
  private final List<PaymentEvent> events = new ArrayList<>();
  private final Map<String, Integer> ends = new TreeMap<>();
  private final Thread thread;
  private @Nullable Throwable failure;
  private String token = "";
  private volatile boolean closed;

  /** Returns once it watches. */
  SteadyWatcher(String organization, Channel channel) throws InterruptedException {
    this.organization = organization;
    this.channel = channel;
    thread = Thread.ofPlatform().name("watcher").start(this::run);
    assertThat(begun.await(BEGIN_MAX.toSeconds(), TimeUnit.SECONDS)).as("it watches").isTrue();
  }

  private void run() {
    try {
      while (!closed) {
        watch();
        Thread.sleep(AGAIN);
      }
    } catch (InterruptedException _) {
      // Closed.
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  private void watch() {
    try {
      Iterator<WatchPaymentsResponse> responses =
          QueryServiceGrpc.newBlockingStub(channel)
              .watchPayments(
                  WatchPaymentsRequest.newBuilder()
                      .setOrganizationId(organization)
                      .setResumeToken(token)
                      .build());
      while (responses.hasNext()) {
        took(responses.next());
        begun.countDown();
      }
      throw new IllegalStateException("a watch ended without an error");
    } catch (StatusRuntimeException e) {
      Status.Code code = e.getStatus().getCode();
      // INTERNAL is what becomes of a stream whose server was killed behind a proxy.
      if (!closed && code != Status.Code.UNAVAILABLE && code != Status.Code.INTERNAL) {
        throw e;
      }
      ended(code.name());
    }
  }

  private synchronized void took(WatchPaymentsResponse response) {
    events.addAll(response.getEventsList());
    token = response.getResumeToken();
  }

  private synchronized void ended(String code) {
    ends.merge(code, 1, Integer::sum);
  }

  private synchronized void failed(Throwable why) {
    failure = why;
  }

  /** How many events it was sent. */
  synchronized int count() {
    assertThat(failure).as("what ended it").isNull();
    return events.size();
  }

  /** That it was sent each version of each payment once and in order; how often it was ended. */
  synchronized Map<String, Integer> verified() {
    Map<String, Long> versions = new HashMap<>();
    for (PaymentEvent event : events) {
      long before = versions.getOrDefault(event.getPaymentId(), 0L);
      assertThat(event.getVersion()).as(event.getPaymentId()).isEqualTo(before + 1);
      versions.put(event.getPaymentId(), event.getVersion());
    }
    return Map.copyOf(ends);
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
