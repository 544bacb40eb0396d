package com.gyroscops.payments.read.app;

import com.gyroscops.payments.read.source.redis.Holding;
import io.micronaut.context.annotation.ConfigurationProperties;
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
record RedisSettings(String namespace, Duration lifetime, String hold) {

  /**
   * Which payments the source holds, and for how long.
   *
   * @throws IllegalArgumentException what is wrong, in a line that names the setting
   */
  Holding holding() {
    return Holding.parse("REDIS_HOLD", hold, lifetime, Clock.systemUTC());
  }
}
