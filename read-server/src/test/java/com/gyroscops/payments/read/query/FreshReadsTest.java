package com.gyroscops.payments.read.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.query.FreshReads.Outcome;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.KnownPosition;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import io.grpc.StatusRuntimeException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FreshReadsTest {

  private final FeedClient feed = FeedClient.to(List.of("127.0.0.1:1"));
  private final KnownPosition known = new KnownPosition();
  private final AtomicLong stands = new AtomicLong();
  private final AtomicInteger looks = new AtomicInteger();
  private volatile boolean away;
  private final FreshReads reads =
      new FreshReads(
          source(), known, new Freshness(new HeadTracker(feed, System::nanoTime), known));

  @AfterEach
  void stop() {
    feed.close();
  }

  private static SourcePosition at(long position) {
    return new SourcePosition("payments", "epoch-1", position, "event-" + position, 0, 0);
  }

  /** A source without payments that stands where the test says. */
  private PaymentSource source() {
    return (PaymentSource)
        Proxy.newProxyInstance(
            PaymentSource.class.getClassLoader(),
            new Class<?>[] {PaymentSource.class},
            (Object _, Method method, Object @Nullable [] _) ->
                switch (method.getName()) {
                  case "id" -> ReadSource.READ_SOURCE_SQL;
                  case "capabilities" -> EnumSet.of(Capability.FIND);
                  case "find" -> new Answer.Data<List<Payment>>(List.of(), at(stands.get()));
                  case "position" -> {
                    if (away) {
                      throw new SourceUnavailableException("away", new IllegalStateException());
                    }
                    looks.incrementAndGet();
                    yield at(stands.get());
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private Outcome<List<Payment>> readAt(long position) {
    ReadOptions.Builder options = ReadOptions.newBuilder();
    options
        .getConsistencyBuilder()
        .setAtLeastAsFresh(ConsistencyTokens.encode("payments", "epoch-1", position));
    return reads.tryRead(
        options.build(), Capability.FIND, source -> source.find("acme", List.of("p1")));
  }

  @Test
  void anAnswerOlderThanRequiredIsNotGivenThoughMoreWasSeenAppliedBefore() {
    // As after a crash of the store that lost its newest commits.
    known.publish(at(5));
    stands.set(3);
    assertThat(readAt(5)).isInstanceOf(Outcome.Stale.class);
    assertThat(known.latest()).isEqualTo(at(3));
    stands.set(5);
    assertThat(readAt(5)).isInstanceOf(Outcome.Fresh.class);
  }

  @Test
  void whatIsKnownToBeAppliedIsReadWithoutLookingFirst() {
    known.publish(at(5));
    stands.set(6);
    assertThat(readAt(5)).isInstanceOf(Outcome.Fresh.class);
    assertThat(looks).hasValue(0);
  }

  @Test
  void aWaitingQueryGoesOnWhenTheProjectorTellsThePosition() throws Exception {
    known.publish(at(4));
    stands.set(4);
    Thread projector =
        Thread.ofVirtual()
            .start(() -> {
              stands.set(5);
              known.publish(at(5));
            });
    assertThat(readAt(5)).isInstanceOf(Outcome.Fresh.class);
    projector.join();
  }

  @Test
  void aStoreThatDoesNotAnswerWhileAQueryWaitsEndsTheWait() {
    known.publish(at(4));
    away = true;
    assertThatThrownBy(() -> readAt(5))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
  }

  @Test
  void whatTheSourceCannotDoIsNotAskedOfIt() {
    assertThatThrownBy(() ->
            reads.tryRead(
                ReadOptions.getDefaultInstance(),
                Capability.TIMELINE,
                source -> source.timeline("acme", "c", 0, 1)))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
  }
}
