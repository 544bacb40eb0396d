package com.gyroscops.payments.read.cache.redis;

import com.gyroscops.payments.read.cache.L2Store;
import com.gyroscops.payments.read.redis.RedisLink;
import com.gyroscops.payments.read.redis.RedisUnavailableException;
import io.lettuce.core.SetArgs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Bytes in Redis, each key with an expiry. */
public final class RedisAnswers implements L2Store {

  private final RedisLink redis;
  private final byte[] prefix;

  /**
   * @param namespace sets these keys apart from those of other deployments
   */
  public RedisAnswers(RedisLink redis, String namespace) {
    this.redis = redis;
    prefix = ("{" + namespace + "}:l2:").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte @Nullable [] get(byte[] key, Duration max) throws AwayException {
    try {
      return redis.call(it -> it.get(prefixed(key)), max);
    } catch (RedisUnavailableException e) {
      throw new AwayException("Redis is away", e);
    }
  }

  @Override
  public CompletionStage<?> put(byte[] key, byte[] value, Duration lifetime) {
    SetArgs expiry = SetArgs.Builder.px(Math.max(1, lifetime.toMillis()));
    return redis.send(it -> it.set(prefixed(key), value, expiry));
  }

  private byte[] prefixed(byte[] key) {
    byte[] whole = Arrays.copyOf(prefix, prefix.length + key.length);
    System.arraycopy(key, 0, whole, prefix.length, key.length);
    return whole;
  }
}
