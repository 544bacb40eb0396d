package com.gyroscops.payments.read;

import com.gyroscops.payments.contract.ServingHealth;
import com.gyroscops.payments.read.cache.CachedQueries;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.projection.LeaseRepository;
import com.gyroscops.payments.read.projection.ProjectedSource;
import com.gyroscops.payments.read.projection.ProjectionMeters;
import com.gyroscops.payments.read.projection.Projector;
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
import com.gyroscops.payments.read.source.KnownPosition;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.sql.SqlProbe;
import com.gyroscops.payments.read.source.sql.SqlSource;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.ReportServiceGrpc;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.configuration.jdbc.hikari.DatasourceConfiguration;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/** Who gets what: the objects of one replica. */
@Factory
final class Wiring {

  private static final String SQL = "sql";

  @Singleton
  ServingHealth servingHealth() {
    return new ServingHealth(
        List.of(QueryServiceGrpc.SERVICE_NAME, ReportServiceGrpc.SERVICE_NAME));
  }

  @Bean(preDestroy = "close")
  @Singleton
  SqlSource sqlSource(@Named("read") DataSource dataSource, Migration migration) {
    // Micronaut's wrapper hands out a connection only within its own transactions.
    return new SqlSource(migration.gate(DelegatingDataSource.unwrapDataSource(dataSource)));
  }

  @Bean(preDestroy = "close")
  @Singleton
  FeedClient feedClient(ReadServerSettings settings) {
    return FeedClient.to(settings.feedTargets());
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
  @Named(SQL)
  ProjectedSource sql(
      SqlSource source,
      FeedClient feed,
      LeaseRepository leases,
      @Named("replica") String replica,
      HeadTracker heads,
      MeterRegistry meters) {
    KnownPosition known = new KnownPosition();
    Projector projector =
        Projector.leased(
            source,
            SQL,
            feed,
            leases,
            replica,
            known,
            new ProjectionMeters(meters, SQL, known, heads));
    return new ProjectedSource(SQL, source, known, projector);
  }

  /** The sources as the router sees them, and what is found out about them all the time. */
  @Bean(preDestroy = "close")
  @Singleton
  SourceWatch sourceWatch(
      @Named("read") DatasourceConfiguration database,
      Migration migration,
      HeadTracker heads,
      List<ProjectedSource> sources) {
    return new SourceWatch(
        sources.stream()
            .collect(
                Collectors.toMap(
                    it -> RoutedSource.of(it, heads), it -> probe(it, database, migration))));
  }

  private static RoutedSource.Probe probe(
      ProjectedSource source, DatasourceConfiguration database, Migration migration) {
    return source.name().equals(SQL)
        ? new SqlStoreProbe(
            new SqlProbe(
                database.getConfiguredUrl(),
                database.getConfiguredUsername(),
                database.getConfiguredPassword()),
            migration)
        : source.source()::position;
  }

  /** The database, over a connection of the probe's own. */
  private record SqlStoreProbe(SqlProbe probe, Migration migration) implements RoutedSource.Probe {
    @Override
    public SourcePosition position() throws SourceUnavailableException {
      try {
        migration.check();
      } catch (SQLException e) {
        throw new SourceUnavailableException("the database does not answer yet", e);
      }
      return probe.position();
    }

    @Override
    public void close() {
      probe.close();
    }
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

  @Bean(preDestroy = "close")
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
