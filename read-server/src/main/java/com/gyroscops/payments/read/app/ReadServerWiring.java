package com.gyroscops.payments.read.app;

import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.read.cache.CachedQueries;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.projection.LeaseRepository;
import com.gyroscops.payments.read.projection.ProjectedSource;
import com.gyroscops.payments.read.projection.Projections;
import com.gyroscops.payments.read.query.BatchGetPayments;
import com.gyroscops.payments.read.query.BoundedQueries;
import com.gyroscops.payments.read.query.GetPayment;
import com.gyroscops.payments.read.query.GetPaymentAnalytics;
import com.gyroscops.payments.read.query.GetPaymentHistory;
import com.gyroscops.payments.read.query.GetPaymentStatistics;
import com.gyroscops.payments.read.query.GetPaymentTimeline;
import com.gyroscops.payments.read.query.MeteredQueries;
import com.gyroscops.payments.read.query.PageTokens;
import com.gyroscops.payments.read.query.QueryBus;
import com.gyroscops.payments.read.query.SearchPayments;
import com.gyroscops.payments.read.query.SuggestPayments;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.RoutedSource;
import com.gyroscops.payments.read.routing.SourceAdmin;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.routing.SourceWatch;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.ReportServiceGrpc;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** Who gets what: the objects of one replica. */
@Factory
final class ReadServerWiring {

  @Singleton
  ServingHealth servingHealth() {
    return new ServingHealth(
        List.of(QueryServiceGrpc.SERVICE_NAME, ReportServiceGrpc.SERVICE_NAME));
  }

  @Bean(preDestroy = "close")
  @Singleton
  FeedClient feedClient(ReadServerSettings settings) {
    return FeedClient.to(settings.feedTargets(), settings.feedApiKey());
  }

  @Bean(preDestroy = "close")
  @Singleton
  HeadTracker headTracker(FeedClient feed) {
    return new HeadTracker(feed, System::nanoTime);
  }

  /** The unique name of this replica. */
  @Singleton
  @Named("replica")
  String replica(ReadServerSettings settings) {
    return settings.instanceId().isEmpty()
        ? "read-server-" + UUID.randomUUID()
        : settings.instanceId();
  }

  @Singleton
  Projections projections(
      FeedClient feed,
      LeaseRepository leases,
      @Named("replica") String replica,
      HeadTracker heads,
      MeterRegistry meters) {
    return new Projections(feed, leases, replica, heads, meters);
  }

  /**
   * The sources as the router sees them, and what is found out about them all the time.
   *
   * @param probes of those, by name, that are asked otherwise than readers ask them
   */
  @Bean(preDestroy = "close")
  @Singleton
  SourceWatch sourceWatch(
      HeadTracker heads, List<ProjectedSource> sources, Map<String, RoutedSource.Probe> probes) {
    return new SourceWatch(
        sources.stream()
            .collect(
                Collectors.toMap(
                    it -> RoutedSource.of(it, heads),
                    it -> probes.getOrDefault(it.name(), it.source()::position))));
  }

  @Bean(preDestroy = "close")
  @Singleton
  ServingReadiness readiness(
      SourceWatch watch, List<ProjectedSource> sources, ServingHealth health) {
    return new ServingReadiness(
        watch,
        sources.stream()
            .filter(source -> !source.isShared())
            .map(ProjectedSource::name)
            .collect(Collectors.toSet()),
        health);
  }

  @Singleton
  Freshness freshness(List<ProjectedSource> sources, HeadTracker heads) {
    return new Freshness(heads, sources.stream().map(ProjectedSource::known).toList());
  }

  @Singleton
  SourceRouter sourceRouter(
      SourceWatch watch, Freshness freshness, RoutingSettings settings, MeterRegistry meters) {
    return new SourceRouter(watch.sources(), freshness, settings.rules(), meters);
  }

  @Singleton
  SourceAdmin sourceAdmin(SourceWatch watch, HeadTracker heads) {
    return new SourceAdmin(watch.sources(), heads);
  }

  @Singleton
  QueryBus queryBus(CachedQueries cache, MeterRegistry meters) {
    // What a cache answers costs next to nothing: the limit is for the sources' sake.
    return new QueryBus(
        List.of(new MeteredQueries(meters), cache, new BoundedQueries(BoundedQueries.QUERIES_MAX)));
  }

  @Singleton
  PageTokens pageTokens(ReadServerSettings settings) {
    return new PageTokens(settings.pageTokenSecret());
  }

  @Singleton
  GetPayment getPayment(SourceRouter reads, FeedClient feed) {
    return new GetPayment(reads, feed);
  }

  @Singleton
  BatchGetPayments batchGetPayments(SourceRouter reads) {
    return new BatchGetPayments(reads);
  }

  @Singleton
  SearchPayments searchPayments(SourceRouter reads, PageTokens tokens) {
    return new SearchPayments(reads, tokens);
  }

  @Singleton
  GetPaymentStatistics getPaymentStatistics(SourceRouter reads, ReadServerSettings settings) {
    return new GetPaymentStatistics(reads, settings.crossOrganizationQueries());
  }

  @Singleton
  GetPaymentHistory getPaymentHistory(SourceRouter reads, PageTokens tokens) {
    return new GetPaymentHistory(reads, tokens);
  }

  @Singleton
  GetPaymentTimeline getPaymentTimeline(SourceRouter reads, PageTokens tokens) {
    return new GetPaymentTimeline(reads, tokens);
  }

  @Singleton
  GetPaymentAnalytics getPaymentAnalytics(SourceRouter reads) {
    return new GetPaymentAnalytics(reads);
  }

  @Singleton
  SuggestPayments suggestPayments(SourceRouter reads) {
    return new SuggestPayments(reads);
  }
}
