package com.gyroscops.payments.read;

import com.gyroscops.payments.read.source.redis.Holding;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Clock;
import java.time.Duration;

/**
 * How Redis is used, where there is one.
 *
 * @param namespace sets this deployment's keys apart from others' in the same Redis
 * @param lifetime how long the source holds a payment after its last change
 * @param hold which payments the source holds, as {@link Holding#parse} reads it
 */
@ConfigurationProperties("read-server.redis")
record RedisSettings(
    @Bindable(defaultValue = "payments") String namespace,
    @Bindable(defaultValue = "600s") Duration lifetime,
    @Bindable(defaultValue = "all") String hold) {

  RedisSettings {
    if (!namespace.matches("[A-Za-z0-9._-]{1,64}")) {
      throw new IllegalArgumentException(
          "read-server.redis.namespace must be 1 to 64 of A-Z a-z 0-9 . _ -");
    }
    if (lifetime.toMillis() < 1) {
      throw new IllegalArgumentException("read-server.redis.lifetime must be positive");
    }
  }

  /**
   * Which payments the source holds, and for how long.
   *
   * @throws IllegalArgumentException what is wrong, in a line that names the setting
   */
  Holding holding() {
    return Holding.parse("REDIS_HOLD (read-server.redis.hold)", hold, lifetime, Clock.systemUTC());
  }
}
