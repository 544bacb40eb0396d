package com.gyroscops.payments.read;

import com.gyroscops.payments.contract.ServingHealth;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.projection.LeaseRepository;
import com.gyroscops.payments.read.projection.ProjectedSource;
import com.gyroscops.payments.read.projection.ProjectionMeters;
import com.gyroscops.payments.read.projection.Projector;
import com.gyroscops.payments.read.query.BatchGetPayments;
import com.gyroscops.payments.read.query.BoundedQueries;
import com.gyroscops.payments.read.query.FreshReads;
import com.gyroscops.payments.read.query.Freshness;
import com.gyroscops.payments.read.query.GetPayment;
import com.gyroscops.payments.read.query.GetPaymentHistory;
import com.gyroscops.payments.read.query.GetPaymentStatistics;
import com.gyroscops.payments.read.query.GetPaymentTimeline;
import com.gyroscops.payments.read.query.MeteredQueries;
import com.gyroscops.payments.read.query.PageTokens;
import com.gyroscops.payments.read.query.QueryBus;
import com.gyroscops.payments.read.query.SearchPayments;
import com.gyroscops.payments.read.source.KnownPosition;
import com.gyroscops.payments.read.source.sql.SqlProbe;
import com.gyroscops.payments.read.source.sql.SqlSource;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.configuration.jdbc.hikari.DatasourceConfiguration;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;

/** Who gets what: the objects of one replica. */
@Factory
final class Wiring {

  private static final String SQL = "sql";

  @Singleton
  ServingHealth servingHealth() {
    return new ServingHealth(List.of(QueryServiceGrpc.SERVICE_NAME));
  }

  @Bean(preDestroy = "close")
  @Singleton
  SqlSource sqlSource(@Named("read") DataSource dataSource) {
    // Micronaut's wrapper hands out a connection only within its own transactions.
    return new SqlSource(DelegatingDataSource.unwrapDataSource(dataSource));
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

  @Bean(preDestroy = "close")
  @Singleton
  ServingReadiness readiness(
      @Named("read") DatasourceConfiguration database,
      @Named(SQL) ProjectedSource sql,
      ServingHealth health) {
    SqlProbe probe =
        new SqlProbe(
            database.getConfiguredUrl(),
            database.getConfiguredUsername(),
            database.getConfiguredPassword());
    return new ServingReadiness(probe, sql.known(), sql.projector(), health);
  }

  @Singleton
  QueryBus queryBus(MeterRegistry meters) {
    return new QueryBus(
        List.of(new MeteredQueries(meters), new BoundedQueries(BoundedQueries.QUERIES_MAX)));
  }

  @Singleton
  FreshReads freshReads(@Named(SQL) ProjectedSource sql, HeadTracker heads) {
    return new FreshReads(sql.source(), sql.known(), new Freshness(heads, sql.known()));
  }

  @Singleton
  PageTokens pageTokens(ReadServerSettings settings) {
    return new PageTokens(settings.pageTokenSecret());
  }

  @Singleton
  GetPayment getPayment(FreshReads reads, FeedClient feed) {
    return new GetPayment(reads, feed);
  }

  @Singleton
  BatchGetPayments batchGetPayments(FreshReads reads) {
    return new BatchGetPayments(reads);
  }

  @Singleton
  SearchPayments searchPayments(FreshReads reads, PageTokens tokens) {
    return new SearchPayments(reads, tokens);
  }

  @Singleton
  GetPaymentStatistics getPaymentStatistics(FreshReads reads, ReadServerSettings settings) {
    return new GetPaymentStatistics(reads, settings.crossOrganizationQueries());
  }

  @Singleton
  GetPaymentHistory getPaymentHistory(FreshReads reads, PageTokens tokens) {
    return new GetPaymentHistory(reads, tokens);
  }

  @Singleton
  GetPaymentTimeline getPaymentTimeline(FreshReads reads, PageTokens tokens) {
    return new GetPaymentTimeline(reads, tokens);
  }
}
