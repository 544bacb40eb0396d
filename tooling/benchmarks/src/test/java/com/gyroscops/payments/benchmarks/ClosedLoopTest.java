package com.gyroscops.payments.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ClosedLoopTest {

  private static final Duration LENGTH = Duration.ofMillis(30);

  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger inFlightMost = new AtomicInteger();

  @Test
  void everyCallThatBlocksIsCountedAndThoseThatThrowAsFailed() throws Exception {
    Measurement measured =
        ClosedLoop.blocking(
            3,
            LENGTH,
            () -> {
              if (calls.incrementAndGet() % 2 == 0) {
                throw new IOException("every other");
              }
            });

    assertThat(measured.failed()).isEqualTo(calls.get() / 2);
    assertThat(measured.succeeded()).isEqualTo(calls.get() - calls.get() / 2);
    assertThat(measured.latencies().getTotalCount()).isEqualTo(measured.succeeded());
  }

  @Test
  void callsInFlightStayWithinTheirNumberAndAreAllCounted() throws Exception {
    Measurement measured =
        ClosedLoop.<String>grpc(
            4,
            LENGTH,
            answer -> {
              inFlightMost.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
              boolean fails = calls.incrementAndGet() % 5 == 0;
              Thread.ofVirtual()
                  .start(() -> {
                    inFlight.decrementAndGet();
                    if (fails) {
                      answer.onError(new IOException("every fifth"));
                    } else {
                      answer.onNext("answer");
                      answer.onCompleted();
                    }
                  });
            });

    assertThat(inFlightMost).hasValueLessThanOrEqualTo(4);
    assertThat(measured.succeeded() + measured.failed()).isEqualTo(calls.get());
    assertThat(measured.failed()).isEqualTo(calls.get() / 5);
  }
}
