package com.gyroscops.payments.read.app;

import com.github.benmanes.caffeine.cache.Ticker;
import com.gyroscops.payments.read.cache.CacheMeters;
import com.gyroscops.payments.read.cache.CachedQueries;
import com.gyroscops.payments.read.cache.L1Cache;
import com.gyroscops.payments.read.cache.L2Cache;
import com.gyroscops.payments.read.cache.Warming;
import com.gyroscops.payments.read.cache.redis.RedisAnswers;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.query.GetPayment;
import com.gyroscops.payments.read.query.GetPaymentStatistics;
import com.gyroscops.payments.read.query.QueryBus;
import com.gyroscops.payments.read.query.SearchPayments;
import com.gyroscops.payments.read.redis.RedisLink;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.source.sql.SqlBusiest;
import com.gyroscops.payments.read.tracking.ChangeTracker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Requires;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The caches, and what tells them of changes. L2 is in Redis, where {@code redis.uri} names one.
 */
@Factory
final class CacheWiring {

  @Bean(preDestroy = "close")
  @Singleton
  ChangeTracker changeTracker(
      FeedClient feed, @Named("replica") String replica, MeterRegistry meters) {
    return new ChangeTracker(feed, replica, System::nanoTime, InstantSource.system(), meters);
  }

  @Singleton
  CacheMeters cacheMeters(MeterRegistry meters) {
    return new CacheMeters(meters);
  }

  @Singleton
  @Requires(property = "cache.l1-bytes-max", notEquals = "0")
  L1Cache localAnswers(CacheSettings settings, CacheMeters meters) {
    L1Cache cache = new L1Cache(settings.l1BytesMax(), Ticker.systemTicker(), meters::evicted);
    meters.watch(cache);
    return cache;
  }

  @Singleton
  @Requires(property = "redis.uri", notEquals = "")
  L2Cache sharedAnswers(
      @Named("redis-queries") RedisLink redis, RedisSettings settings, CacheMeters meters) {
    return new L2Cache(
        new RedisAnswers(redis, settings.namespace()),
        System::nanoTime,
        InstantSource.system(),
        meters);
  }

  @Singleton
  CachedQueries cachedQueries(
      ChangeTracker changes,
      Freshness freshness,
      @Nullable L1Cache local,
      @Nullable L2Cache shared,
      CacheMeters meters) {
    return new CachedQueries(changes, freshness, local, shared, meters);
  }

  @Bean(preDestroy = "close")
  @Singleton
  Warming warming(
      @Named("read") DataSource dataSource,
      Migration migration,
      ChangeTracker changes,
      QueryBus bus,
      GetPaymentStatistics statistics,
      SearchPayments search,
      GetPayment getPayment) {
    // Micronaut's wrapper hands out a connection only within its own transactions.
    SqlBusiest busiest =
        new SqlBusiest(migration.gate(DelegatingDataSource.unwrapDataSource(dataSource)));
    return new Warming(busiest::organizations, changes, bus, statistics, search, getPayment);
  }
}
