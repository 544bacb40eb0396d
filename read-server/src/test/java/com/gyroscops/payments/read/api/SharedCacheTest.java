package com.gyroscops.payments.read.api;

import static com.gyroscops.payments.read.UntilFresh.untilFresh;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.ReplicaTest;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.stack.engine.LocalRedis;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.CacheLevel;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas that share a Redis which fails: no answer is wrong, late or missing for it. */
@Tag("engines")
class SharedCacheTest extends ReplicaTest {

  private @TempDir Path folder;
  private int port;
  private LocalRedis redis;
  private RedisClient client;
  private RunningReplica one;
  private RunningReplica two;
  private int changes;

  @BeforeEach
  void start() throws Exception {
    port = FreePorts.next();
    startRedis();
    client = RedisClient.create(redis.uri());
    settings.put("redis.uri", redis.uri());
    settings.put("cache.l1-bytes-max", 0);
    // Redis as a source is another matter.
    settings.put("routing.find", "sql");
    one = caching(Map.of());
    two = caching(Map.of());
    awaitShared();
  }

  @AfterEach
  void stop() throws Exception {
    two.close();
    one.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    redis.close();
  }

  private void startRedis() throws Exception {
    redis = LocalRedis.start(folder.resolve("redis"), port, folder.resolve("redis.log"));
  }

  private static CacheLevel levelOf(RunningReplica replica) {
    return get(replica, ReadOptions.getDefaultInstance()).getRead().getCache();
  }

  /** What the one was answered, the other gives. */
  private void awaitShared() throws Exception {
    assertNewestIsGiven(1);
    eventually(
        "they share",
        () -> {
          get(one, ReadOptions.getDefaultInstance());
          return levelOf(two) == CacheLevel.CACHE_LEVEL_L2;
        });
    assertNewestIsGiven(10);
  }

  /** Both give what was just committed to those who ask for it. */
  private void assertNewestIsGiven(int times) {
    for (int i = 0; i < times; i++) {
      PaymentEvent event = log.update("acme", "p1", "change " + changes++);
      feed.publish();
      ReadOptions options =
          RunningReplica.atLeast(
              ConsistencyTokens.encode("payments", "epoch-1", event.getPosition()));
      for (RunningReplica replica : List.of(one, two, one)) {
        assertThat(untilFresh(() -> get(replica, options)).getPayment())
            .isEqualTo(event.getPayment());
      }
    }
  }

  private static double failures(RunningReplica replica) throws Exception {
    return replica
        .get("/prometheus")
        .body()
        .lines()
        .filter(it -> it.startsWith("payments_cache_l2_failures_total"))
        .mapToDouble(it -> Double.parseDouble(it.substring(it.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void aRedisThatIsKilledIsDoneWithoutAndUsedAgainWhenItIsBack() throws Exception {
    assertThat(redis.process().destroyForcibly()).isTrue();
    redis.process().onExit().get();
    assertNewestIsGiven(20);
    redis.close();
    startRedis();
    awaitShared();
  }

  @Test
  void aRedisThatIsPausedIsSoonLeftAloneAndUsedAgainWhenItWakes() throws Exception {
    double before = failures(one);
    long pausedNanos = System.nanoTime();
    Processes.pause(redis.process());
    assertNewestIsGiven(150);
    // Each costs a wait, so it matters how many there are, of 600 look-ups and as many answers:
    // it is tried every two seconds, with both.
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - pausedNanos);
    assertThat(failures(one) - before).isBetween(1.0, 60.0 + seconds);
    Processes.resume(redis.process());
    awaitShared();
  }

  @Test
  void aRedisThatIsEmptiedFillsAgain() throws Exception {
    try (StatefulRedisConnection<String, String> admin = client.connect()) {
      for (int i = 0; i < 5; i++) {
        admin.sync().flushall();
        assertNewestIsGiven(1);
      }
    }
    awaitShared();
  }

  @Test
  void whateverIsPutInPlaceOfEntriesIsNotGiven() throws Exception {
    Random random = Seed.random(3);
    List<UnaryOperator<byte[]>> poisons =
        List.of(
            _ -> new byte[0],
            _ -> "garbage".getBytes(StandardCharsets.UTF_8),
            entry -> {
              random.nextBytes(entry);
              return entry;
            },
            entry -> java.util.Arrays.copyOf(entry, entry.length / 2),
            entry -> {
              entry[random.nextInt(entry.length)] ^= 1;
              return entry;
            });
    try (StatefulRedisConnection<byte[], byte[]> admin = client.connect(ByteArrayCodec.INSTANCE)) {
      for (int i = 0; i < 50; i++) {
        PaymentEvent newest = log.events().getLast();
        // So that nothing is on its way there that would replace the poison.
        eventually("an entry is there", () -> levelOf(two) == CacheLevel.CACHE_LEVEL_L2);
        List<byte[]> keys = admin.sync().keys("{payments}:l2:*".getBytes(StandardCharsets.UTF_8));
        assertThat(keys).isNotEmpty();
        IdentityHashMap<byte[], byte[]> poisoned = new IdentityHashMap<>();
        for (byte[] key : keys) {
          byte[] entry = admin.sync().get(key);
          if (entry != null) {
            byte[] poison = poisons.get(i % poisons.size()).apply(entry);
            poisoned.put(key, poison);
            admin.sync().set(key, poison);
          }
        }
        GetPaymentResponse answer = get(two, ReadOptions.getDefaultInstance());
        assertThat(answer.getPayment()).isEqualTo(newest.getPayment());
        // L1, if it is still warming up and asks the same; L2 alone of what it put there anew.
        if (answer.getRead().getCache() == CacheLevel.CACHE_LEVEL_L2) {
          assertThat(poisoned)
              .anySatisfy((key, poison) -> assertThat(admin.sync().get(key)).isNotEqualTo(poison));
        }
      }
    }
    awaitShared();
  }
}
