package com.gyroscops.payments.read;

import com.gyroscops.payments.read.redis.RedisLink;
import com.gyroscops.payments.read.source.redis.Holding;
import com.gyroscops.payments.read.source.redis.RedisSource;
import com.gyroscops.payments.stack.engine.LocalRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** Keys of its own on a Redis, by default one that the tests of this JVM share. */
public final class ReadRedis implements AutoCloseable {

  public static final Duration LIFETIME = Duration.ofMinutes(10);

  private static final AtomicInteger NAMESPACES = new AtomicInteger();

  private static final class Shared {
    private static final LocalRedis REDIS = start();

    private static LocalRedis start() {
      try {
        return LocalRedis.temporary();
      } catch (IOException e) {
        throw new IllegalStateException("Redis does not start", e);
      }
    }
  }

  private final RedisClient client;
  private final RedisLink queries;
  private final RedisLink projection;
  private final String namespace = "test-" + NAMESPACES.incrementAndGet();
  private final Counter dropped = new SimpleMeterRegistry().counter("dropped");

  private ReadRedis(String uri) {
    RedisURI target = RedisURI.create(uri);
    target.setTimeout(RedisLink.CONNECT_MAX);
    client = RedisClient.create(target);
    client.setOptions(RedisLink.clientOptions());
    queries = new RedisLink(client, "queries");
    projection = new RedisLink(client, "projection");
  }

  public static ReadRedis fresh() {
    return new ReadRedis(Shared.REDIS.uri());
  }

  public static ReadRedis at(String uri) {
    return new ReadRedis(uri);
  }

  /** A source on these keys, as another replica would have it. */
  public RedisSource source() {
    return source(LIFETIME);
  }

  public RedisSource source(Duration lifetime) {
    return source(Holding.all(lifetime));
  }

  public RedisSource source(Holding holding) {
    return new RedisSource(
        queries, projection, namespace, holding, () -> UUID.randomUUID().toString(), dropped);
  }

  /** Payments that sources on these keys gave up. */
  public long dropped() {
    return (long) dropped.count();
  }

  public String checkpointKey() {
    return "{" + namespace + "}:redis:checkpoint";
  }

  /** Pattern of the keys of payments. */
  public String documentKeys() {
    return "{" + namespace + "}:redis:*/*";
  }

  /** Any commands, over a connection that waits for Redis. */
  public Admin admin() {
    return new Admin(client.connect());
  }

  public record Admin(StatefulRedisConnection<String, String> connection) implements AutoCloseable {

    public RedisCommands<String, String> run() {
      return connection.sync();
    }

    @Override
    public void close() {
      connection.close();
    }
  }

  @Override
  public void close() {
    queries.close();
    projection.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
  }
}
