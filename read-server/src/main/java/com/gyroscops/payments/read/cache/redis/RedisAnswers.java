package com.gyroscops.payments.read.cache.redis;

import com.gyroscops.payments.read.cache.SharedAnswers;
import com.gyroscops.payments.read.redis.RedisAwayException;
import com.gyroscops.payments.read.redis.RedisLink;
import io.lettuce.core.SetArgs;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Bytes in Redis, each key with an expiry. */
public final class RedisAnswers implements SharedAnswers {

  private final RedisLink redis;

  public RedisAnswers(RedisLink redis) {
    this.redis = redis;
  }

  @Override
  public byte @Nullable [] get(byte[] key, Duration max) throws AwayException {
    try {
      return redis.call(it -> it.get(key), max);
    } catch (RedisAwayException e) {
      throw new AwayException("Redis is away", e);
    }
  }

  @Override
  public CompletionStage<?> put(byte[] key, byte[] value, Duration lifetime) {
    SetArgs expiry = SetArgs.Builder.px(Math.max(1, lifetime.toMillis()));
    return redis.send(it -> it.set(key, value, expiry));
  }
}
