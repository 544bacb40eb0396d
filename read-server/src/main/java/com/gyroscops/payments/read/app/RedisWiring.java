package com.gyroscops.payments.read.app;

import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.read.projection.ProjectedSource;
import com.gyroscops.payments.read.projection.Projections;
import com.gyroscops.payments.read.redis.RedisLink;
import com.gyroscops.payments.read.source.redis.RedisSource;
import com.gyroscops.payments.v1.ReadSource;
import io.lettuce.core.RedisClient;
import io.lettuce.core.resource.Delay;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.configuration.lettuce.ClientResourcesMutator;
import io.micronaut.configuration.lettuce.DefaultRedisConfiguration;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.context.event.BeanDestroyedEventListener;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;

/**
 * Redis as a source, where {@code redis.uri} names one. The server starts and serves without it.
 *
 * <p>The client is Micronaut's own, made from {@code redis.*}. Its connection bean is not used: it
 * connects when it is made, and so would keep the server from starting while Redis is away.
 */
@Factory
@Requires(property = "redis.uri", notEquals = "")
final class RedisWiring {

  private static final Duration RECONNECT_MIN = Duration.ofMillis(50);

  /** Short enough to be back soon after Redis is. */
  private static final Duration RECONNECT_MAX = Duration.ofSeconds(1);

  /** How long the client's threads may take to end. */
  private static final Duration STOP_MAX = Duration.ofSeconds(1);

  @Singleton
  BeanCreatedEventListener<DefaultRedisConfiguration> connectionLimits() {
    return event -> {
      DefaultRedisConfiguration configuration = event.getBean();
      configuration.getUri().ifPresent(uri -> uri.setTimeout(RedisLink.CONNECT_MAX));
      return configuration;
    };
  }

  @Singleton
  BeanCreatedEventListener<RedisClient> clientLimits() {
    return event -> {
      event.getBean().setOptions(RedisLink.clientOptions());
      return event.getBean();
    };
  }

  @Singleton
  ClientResourcesMutator reconnects() {
    return (resources, _) ->
        resources.reconnectDelay(
            Delay.equalJitter(RECONNECT_MIN, RECONNECT_MAX, 2, TimeUnit.MILLISECONDS));
  }

  /** Ends the client's threads, which it leaves to whoever made them. */
  @Singleton
  BeanDestroyedEventListener<RedisClient> threads() {
    return event -> {
      var _ =
          event
              .getBean()
              .getResources()
              .shutdown(0, STOP_MAX.toMillis(), TimeUnit.MILLISECONDS)
              .awaitUninterruptibly(STOP_MAX.toMillis());
    };
  }

  /** For look-ups, in the source and in caches. */
  @Bean(preDestroy = "close")
  @Singleton
  @Named("redis-queries")
  RedisLink queries(RedisClient client) {
    return new RedisLink(client, "queries");
  }

  /** For the projector alone, whose scripts look-ups must not queue behind. */
  @Bean(preDestroy = "close")
  @Singleton
  @Named("redis-projection")
  RedisLink projection(RedisClient client) {
    return new RedisLink(client, "projection");
  }

  @Singleton
  RedisSource redisSource(
      @Named("redis-queries") RedisLink queries,
      @Named("redis-projection") RedisLink projection,
      RedisSettings settings,
      MeterRegistry meters) {
    SecureRandom random = new SecureRandom();
    return new RedisSource(
        queries,
        projection,
        settings.namespace(),
        settings.holding(),
        () -> HexFormat.of().toHexDigits(random.nextLong()),
        Counter.builder("payments.source.dropped.payments")
            .description("Payments no longer held because their events did not follow on")
            .tag("source", SourceNames.of(ReadSource.READ_SOURCE_REDIS))
            .register(meters));
  }

  @Singleton
  ProjectedSource redis(RedisSource source, Projections projections) {
    return projections.shared(source);
  }
}
