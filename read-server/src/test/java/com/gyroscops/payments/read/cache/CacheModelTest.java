package com.gyroscops.payments.read.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.protobuf.Duration;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.query.QueryBus;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random commits, sources and trackers that lag, two replicas that share a cache, restarts of a
 * tracker, and questions with all kinds of demands: every answer is exactly the one as of its
 * {@code read_at}, and that is as fresh as was asked for.
 */
class CacheModelTest {

  private static final int STEPS = 4_000;
  private static final java.time.Duration HEAD_MAX = java.time.Duration.ofMinutes(1);

  private final SampleLog log = new SampleLog("payments", "epoch-1");
  private final AtomicLong clock = new AtomicLong(1_000_000_000_000L);
  private final LogQueries queries = new LogQueries(log);
  private final MemoryAnswers store = new MemoryAnswers();
  // When each head was reached.
  private final TreeMap<Long, Long> heads = new TreeMap<>();
  private int hits;

  private record Replica(ScriptedChanges changes, QueryBus bus) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyAnswerIsTheOneAsOfItsReadAtAndAsFreshAsAskedFor(long seed) throws Exception {
    Random random = Seed.random(seed);
    log.random(random, 10);
    try (ScriptedFeed feed = new ScriptedFeed(log);
        FeedClient client = FeedClient.to(List.of(feed.target()));
        HeadTracker tracker = new HeadTracker(client, clock::get, HEAD_MAX)) {
      Runnable committed =
          () -> {
            feed.publish();
            heads.put(clock.incrementAndGet(), log.head());
          };
      Freshness freshness = new Freshness(tracker, List.of());
      List<Replica> replicas = List.of(replica(freshness), replica(freshness));
      for (int i = 0; i < STEPS; i++) {
        Replica replica = replicas.get(random.nextInt(replicas.size()));
        switch (random.nextInt(10)) {
          case 0, 1 -> {
            log.random(random, 1 + random.nextInt(3));
            committed.run();
          }
          case 2, 3 -> replica.changes().hear(random.nextInt(5));
          case 4 -> {
            replica.changes().hearAll();
            replica.changes().down(random.nextInt(8) == 0);
            if (random.nextInt(100) == 0) {
              replica.changes().begin();
            }
          }
          case 5 -> {
            clock.addAndGet(random.nextLong(500_000_000L));
            tracker.headNow();
          }
          default -> ask(replica, random, committed);
        }
      }
    }
    assertThat(hits).as("answers from a cache, of %d steps", STEPS).isGreaterThan(STEPS / 20);
  }

  private Replica replica(Freshness freshness) {
    ScriptedChanges changes = new ScriptedChanges(log);
    CacheMeters meters = new CacheMeters(new SimpleMeterRegistry());
    L1Cache local = new L1Cache(1_000_000, Ticker.systemTicker(), _ -> {});
    L2Cache shared = new L2Cache(store, System::nanoTime, InstantSource.system(), meters);
    return new Replica(
        changes,
        new QueryBus(List.of(new CachedQueries(changes, freshness, local, shared, meters))));
  }

  private void ask(Replica replica, Random random, Runnable committed) {
    long now = clock.get();
    long atLeast = 0;
    ReadOptions.Builder options = ReadOptions.newBuilder();
    switch (random.nextInt(5)) {
      case 0 -> {}
      case 1 -> options.setConsistency(Consistency.newBuilder().setMinimizeLatency(true));
      case 2 -> {
        atLeast = Math.max(0, log.head() - random.nextInt(6));
        options.mergeFrom(
            RunningReplica.atLeast(ConsistencyTokens.encode("payments", "epoch-1", atLeast)));
      }
      case 3 -> {
        long staleness = 1 + random.nextLong(2_000_000_000L);
        Map.Entry<Long, Long> then = heads.floorEntry(now - staleness);
        atLeast = then == null ? 0 : then.getValue();
        options.setConsistency(
            Consistency.newBuilder()
                .setMaxStaleness(
                    Duration.newBuilder()
                        .setSeconds(staleness / 1_000_000_000)
                        .setNanos((int) (staleness % 1_000_000_000))));
      }
      default -> {
        atLeast = log.head();
        options.mergeFrom(RunningReplica.fullyConsistent());
      }
    }
    if (random.nextInt(10) == 0) {
      options.setStrategy(ReadStrategy.READ_STRATEGY_DATABASE_FIRST);
    }
    long required = atLeast;
    // A source is somewhere between what is required and the head. Meanwhile more is committed and
    // heard: what it answers is stored after that.
    queries.position(() -> {
      long at = required + random.nextLong(log.head() - required + 1);
      if (random.nextInt(3) == 0) {
        log.random(random, 1);
        committed.run();
        replica.changes().hearAll();
      }
      return at;
    });
    if (random.nextBoolean()) {
      askPayment(replica, random, options.build(), required);
    } else {
      askAll(replica, random, options.build(), required);
    }
  }

  private void askPayment(Replica replica, Random random, ReadOptions options, long required) {
    List<Payment> all = log.payments();
    String organization = "org-" + random.nextInt(3);
    String id =
        random.nextInt(4) == 0
            ? "P." + Integer.toHexString(random.nextInt(30) * 7919)
            : all.get(random.nextInt(Math.min(12, all.size()))).getPaymentId();
    GetPaymentRequest request =
        GetPaymentRequest.newBuilder()
            .setOrganizationId(organization)
            .setPaymentId(id)
            .setReadOptions(options)
            .build();
    int askedBefore = queries.asked.get();
    List<Payment> found = new ArrayList<>();
    String readAt;
    try {
      GetPaymentResponse answer = replica.bus().ask(queries.getPayment(), request);
      found.add(answer.getPayment());
      readAt = answer.getRead().getReadAt();
    } catch (StatusRuntimeException e) {
      readAt = ApiError.from(e).orElseThrow().metadata().getOrDefault("read_at", "");
    }
    long at = position(readAt, required);
    Payment expected = queries.payment(organization, id, at);
    assertThat(found)
        .as("%s as of %d, with %s", request, at, log.head())
        .isEqualTo(expected == null ? List.of() : List.of(expected));
    count(askedBefore);
  }

  private void askAll(Replica replica, Random random, ReadOptions options, long required) {
    String organization = "org-" + random.nextInt(3);
    SearchPaymentsRequest request =
        SearchPaymentsRequest.newBuilder()
            .setOrganizationId(organization)
            .setReadOptions(options)
            .build();
    int askedBefore = queries.asked.get();
    SearchPaymentsResponse answer = replica.bus().ask(queries.search(), request);
    ReadMetadata read = answer.getRead();
    long at = position(read.getReadAt(), required);
    assertThat(answer.getPaymentsList())
        .as("as of %d: %s", at, read)
        .containsExactlyElementsOf(queries.payments(organization, at));
    count(askedBefore);
  }

  private void count(int askedBefore) {
    hits += queries.asked.get() == askedBefore ? 1 : 0;
  }

  private static long position(String readAt, long required) {
    long at = ConsistencyTokens.decode(readAt).orElseThrow().getPosition();
    assertThat(at).isGreaterThanOrEqualTo(required);
    return at;
  }
}
