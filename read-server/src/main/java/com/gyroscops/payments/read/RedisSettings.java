package com.gyroscops.payments.read;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * How Redis is used, where there is one.
 *
 * @param namespace sets this deployment's keys apart from others' in the same Redis
 * @param lifetime how long the source holds a payment after its last change
 */
@ConfigurationProperties("read-server.redis")
record RedisSettings(
    @Bindable(defaultValue = "payments") String namespace,
    @Bindable(defaultValue = "600s") Duration lifetime) {

  RedisSettings {
    if (!namespace.matches("[A-Za-z0-9._-]{1,64}")) {
      throw new IllegalArgumentException(
          "read-server.redis.namespace must be 1 to 64 of A-Z a-z 0-9 . _ -");
    }
    if (lifetime.toMillis() < 1) {
      throw new IllegalArgumentException("read-server.redis.lifetime must be positive");
    }
  }
}
