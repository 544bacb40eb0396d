package com.gyroscops.payments.read.app;

import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.read.projection.ProjectedSource;
import com.gyroscops.payments.read.projection.Projections;
import com.gyroscops.payments.read.source.PositionTracker;
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
 * queries wait on; each is a {@link PositionTracker} of its own.
 */
@Factory
@Requires(bean = SearchSettings.class)
final class SearchWiring {

  private static final String SEARCHABLE = "searchable";

  @Singleton
  @Named(SEARCHABLE)
  PositionTracker searchable() {
    return new PositionTracker();
  }

  @Bean(preDestroy = "close")
  @Singleton
  SearchSource searchSource(
      SearchSettings settings, @Named(SEARCHABLE) PositionTracker searchable) {
    return new SearchSource(
        settings.url(),
        settings.user(),
        settings.password(),
        settings.indexPrefix(),
        SearchSource.REFRESH_EVERY,
        searchable::publish);
  }

  @Singleton
  ProjectedSource search(
      SearchSource source,
      @Named(SEARCHABLE) PositionTracker searchable,
      Projections projections,
      MeterRegistry meters) {
    PositionTracker indexed = new PositionTracker();
    // The meters of projections measure lag as callers see it.
    Gauge.builder("payments.source.indexed.position", indexed, it -> it.latest().position())
        .description("Newest event in the index, where searches need not see it yet")
        .tag("source", SourceNames.of(source.id()))
        .register(meters);
    return projections.shared(source, indexed, searchable);
  }
}
