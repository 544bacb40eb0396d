package com.gyroscops.payments.read.routing;

import static com.gyroscops.payments.read.routing.ScriptedSource.at;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What holds whatever sources do: no answer is older than demanded, and a read fails only where no
 * source could have answered.
 */
class RoutingInvariantTest {

  private static final List<ReadStrategy> STRATEGIES =
      List.of(
          ReadStrategy.READ_STRATEGY_CACHE_FIRST,
          ReadStrategy.READ_STRATEGY_DATABASE_FIRST,
          ReadStrategy.READ_STRATEGY_PARALLEL);
  private static final long POSITION_MAX = 20;

  private final AtomicLong nanos = new AtomicLong();
  private final List<ScriptedSource> sources =
      List.of(
          new ScriptedSource(ReadSource.READ_SOURCE_SQL, nanos::get),
          new ScriptedSource(ReadSource.READ_SOURCE_REDIS, nanos::get),
          new ScriptedSource(ReadSource.READ_SOURCE_SEARCH, nanos::get),
          new ScriptedSource(ReadSource.READ_SOURCE_MEMORY, nanos::get));
  private final FeedClient feed = FeedClient.to(List.of("127.0.0.1:1"));
  private final ScheduledExecutorService timer = new ScheduledThreadPoolExecutor(1);
  private final SourceRouter router =
      new SourceRouter(
          sources.stream().map(it -> it.routed).toList(),
          new Freshness(
              new HeadTracker(feed, System::nanoTime),
              sources.stream().map(it -> it.known).toList()),
          RoutingRules.NONE,
          new SimpleMeterRegistry(),
          // Hundreds of reads fail here, none for being slow.
          new RoutingLimits(
              Duration.ofMillis(50),
              Duration.ofMillis(50),
              Duration.ofMinutes(1),
              Duration.ofMillis(500)));

  @AfterEach
  void stop() {
    feed.close();
    timer.shutdownNow();
  }

  /** The position of the snapshot itself, as data. */
  private static Answer<Long> ask(PaymentSource source) {
    Answer<List<Payment>> answer = source.find("acme", List.of("p1"));
    return answer instanceof Answer.Data<List<Payment>>(List<Payment> _, SourcePosition at)
        ? new Answer.Data<>(at.isIn("payments", "epoch-1") ? at.position() : -1, at)
        : answer.map(_ -> 0L);
  }

  private static ReadOptions options(Random random, long demanded) {
    ReadOptions.Builder options =
        ReadOptions.newBuilder().setStrategy(STRATEGIES.get(random.nextInt(STRATEGIES.size())));
    if (demanded > 0) {
      options
          .getConsistencyBuilder()
          .setAtLeastAsFresh(ConsistencyTokens.encode("payments", "epoch-1", demanded));
    }
    return options.build();
  }

  /** The position answered; empty: the call failed as the contract allows. */
  private Optional<Long> read(ReadOptions options, long demanded) {
    Routed<Long> routed;
    try {
      routed = router.read(options, Capability.FIND, RoutingInvariantTest::ask);
    } catch (StatusRuntimeException e) {
      assertThat(ApiError.from(e)).isPresent();
      return Optional.empty();
    }
    if (demanded > 0) {
      assertThat(routed.value()).isGreaterThanOrEqualTo(demanded);
      assertThat(routed.read().getReadAt())
          .isEqualTo(ConsistencyTokens.encode("payments", "epoch-1", routed.value()));
    }
    return Optional.of(routed.value());
  }

  private static SourcePosition anywhere(Random random) {
    return switch (random.nextInt(10)) {
      case 0 -> SourcePosition.NOWHERE;
      case 1 -> at("epoch-2", random.nextLong(POSITION_MAX));
      case 2 -> new SourcePosition("payments", "epoch-1", 3, "event-3", 10, 0); // being filled
      default -> at(random.nextLong(POSITION_MAX));
    };
  }

  private static void misbehave(Random random, ScriptedSource source) {
    switch (random.nextInt(9)) {
      case 0 -> source.fails();
      case 1 -> source.answers(() -> new Answer.NotHeld<>(source.stands()));
      case 2 -> source.answers(() -> new Answer.Incomplete<>(source.stands()));
      case 3 -> source.answers(() -> new Answer.NotReady<>(SourcePosition.NOWHERE));
      case 4 -> source.answers(Answer.Stopped::new);
      case 5 ->
          source.answers(() -> {
            throw new IllegalStateException("on purpose");
          });
      case 6 -> source.answers(() -> new Answer.Inexact<>(source.stands()));
      case 7 -> source.answers(() -> source.timeline("acme", "c", 0, 1).map(_ -> List.of()));
      default -> source.can();
    }
  }

  private static void behave(ScriptedSource source) {
    source.can(Capability.FIND).works();
    source.away(false);
  }

  @Test
  void noAnswerIsOlderThanDemandedWhateverFailsOrRaces() throws Exception {
    AtomicBoolean ending = new AtomicBoolean();
    AtomicInteger answered = new AtomicInteger();
    List<CompletableFuture<Void>> workers = new ArrayList<>();
    Random seeds = Seed.random(1);
    for (int i = 0; i < 2; i++) {
      Random random = new Random(seeds.nextLong());
      workers.add(
          CompletableFuture.runAsync(() -> shake(random, ending), Thread::startVirtualThread));
    }
    List<CompletableFuture<Void>> readers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Random random = new Random(seeds.nextLong());
      readers.add(
          CompletableFuture.runAsync(
              () -> {
                for (int n = 0; n < 150; n++) {
                  answered.addAndGet(readWithin(random).isPresent() ? 1 : 0);
                }
              },
              Thread::startVirtualThread));
    }
    CompletableFuture.allOf(readers.toArray(CompletableFuture[]::new)).get(5, TimeUnit.MINUTES);
    ending.set(true);
    CompletableFuture.allOf(workers.toArray(CompletableFuture[]::new)).get(1, TimeUnit.MINUTES);
    assertThat(answered.get()).isPositive();
  }

  private Optional<Long> readWithin(Random random) {
    long demanded = random.nextLong(POSITION_MAX);
    ReadOptions options = options(random, demanded);
    Context.CancellableContext call =
        Context.current().withDeadlineAfter(20 + random.nextInt(100), TimeUnit.MILLISECONDS, timer);
    try {
      return call.call(() -> readUnlessBroken(options, demanded));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    } finally {
      call.cancel(null);
    }
  }

  private Optional<Long> readUnlessBroken(ReadOptions options, long demanded) {
    try {
      return read(options, demanded);
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("on purpose");
      return Optional.empty();
    }
  }

  /** Moves sources about, lies about where they stand, breaks and mends them. */
  private void shake(Random random, AtomicBoolean ending) {
    while (!ending.get()) {
      ScriptedSource source = sources.get(random.nextInt(sources.size()));
      switch (random.nextInt(8)) {
        case 0 -> source.stands(anywhere(random));
        case 1 -> source.known.publish(anywhere(random));
        case 2 -> misbehave(random, source);
        case 3 -> source.hangs();
        case 4 -> source.away(true);
        case 5 -> nanos.addAndGet(Duration.ofMillis(random.nextInt(500)).toNanos());
        case 6 ->
            source.answers(() -> {
              pause(random.nextInt(3));
              return source.data();
            });
        default -> behave(source);
      }
      pause(random.nextInt(2));
    }
  }

  private static void pause(int millis) {
    try {
      if (new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("nobody counts down");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets all fail until they are left alone; half of them count as away besides. */
  private void takeDown() {
    for (ScriptedSource source : sources) {
      behave(source);
      source.standing(1);
      source.fails();
    }
    for (int i = 0; i < 10; i++) {
      assertThat(read(ReadOptions.getDefaultInstance(), 0)).isEmpty();
    }
    for (ScriptedSource source : sources.subList(0, sources.size() / 2)) {
      source.away(true);
      source.routed.probe(source::position);
    }
  }

  @Test
  void aReadFailsOnlyWhereNoSourceCouldHaveAnswered() {
    Random random = Seed.random(2);
    int answered = 0;
    int failed = 0;
    for (int step = 0; step < 200; step++) {
      long demanded = random.nextLong(POSITION_MAX);
      if (random.nextInt(4) == 0) {
        takeDown();
      }
      boolean possible = false;
      boolean known = false;
      for (ScriptedSource source : sources) {
        behave(source);
        source.stands(anywhere(random));
        // Also what nobody has noticed yet, or what is lost since.
        source.known.publish(random.nextInt(4) > 0 ? source.stands() : anywhere(random));
        if (random.nextInt(3) == 0) {
          misbehave(random, source);
        } else {
          boolean could =
              source.stands().isReady()
                  && (demanded == 0
                      || (source.stands().isIn("payments", "epoch-1")
                          && source.stands().position() >= demanded));
          // A source that is being filled says so, rather than answer.
          if (!source.stands().isReady()) {
            source.answers(() -> new Answer.NotReady<>(source.stands()));
          }
          possible |= could;
          known |= could && (demanded == 0 || source.known.latest().equals(source.stands()));
        }
      }
      nanos.addAndGet(Duration.ofMillis(random.nextInt(300)).toNanos());
      ReadOptions options = options(random, demanded);
      Optional<Long> answer = readUnlessBroken(options, demanded);
      // What has to be noticed first is noticed by and by, also on a machine that is busy.
      for (int again = 0; possible && !known && answer.isEmpty() && again < 100; again++) {
        answer = readUnlessBroken(options, demanded);
      }
      assertThat(answer.isPresent())
          .as("step %s, demanded %s, possible %s", step, demanded, possible)
          .isEqualTo(possible);
      answered += answer.isPresent() ? 1 : 0;
      failed += answer.isPresent() ? 0 : 1;
    }
    // Both were tried.
    assertThat(answered).isGreaterThan(50);
    assertThat(failed).isGreaterThan(20);
  }
}
