package com.gyroscops.payments.read;

import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.projection.LeaseRepository;
import com.gyroscops.payments.read.projection.ProjectedSource;
import com.gyroscops.payments.read.projection.ProjectionMeters;
import com.gyroscops.payments.read.projection.Projector;
import com.gyroscops.payments.read.source.KnownPosition;
import com.gyroscops.payments.read.source.search.SearchSource;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Named;
import jakarta.inject.Singleton;

/**
 * The search source, where an engine is configured.
 *
 * <p>Its projector reports where the index stands, its source where searches stand, which is what
 * queries wait on; each is a {@link KnownPosition} of its own.
 */
@Factory
@Requires(bean = SearchSettings.class)
final class SearchWiring {

  private static final String SEARCH = "search";

  @Singleton
  @Named(SEARCH)
  KnownPosition searchable() {
    return new KnownPosition();
  }

  @Bean(preDestroy = "close")
  @Singleton
  SearchSource searchSource(SearchSettings settings, @Named(SEARCH) KnownPosition searchable) {
    return new SearchSource(
        settings.url(),
        settings.user(),
        settings.password(),
        settings.indexPrefix(),
        SearchSource.REFRESH_EVERY,
        searchable::publish);
  }

  @Singleton
  @Named(SEARCH)
  ProjectedSource search(
      SearchSource source,
      @Named(SEARCH) KnownPosition searchable,
      FeedClient feed,
      LeaseRepository leases,
      @Named("replica") String replica,
      HeadTracker heads,
      MeterRegistry meters) {
    KnownPosition indexed = new KnownPosition();
    // The meters below measure lag as callers see it.
    Gauge.builder("payments.source.indexed.position", indexed, it -> it.latest().position())
        .description("Newest event in the index, where searches need not see it yet")
        .tag("source", SEARCH)
        .register(meters);
    Projector projector =
        Projector.leased(
            source,
            SEARCH,
            feed,
            leases,
            replica,
            indexed,
            searchable,
            new ProjectionMeters(meters, SEARCH, searchable, heads));
    return new ProjectedSource(SEARCH, source, searchable, projector);
  }
}
