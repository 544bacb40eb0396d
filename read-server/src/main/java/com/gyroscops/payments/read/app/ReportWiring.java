package com.gyroscops.payments.read.app;

import com.gyroscops.payments.platform.access.Demand;
import com.gyroscops.payments.platform.access.Scope;
import com.gyroscops.payments.platform.grpc.Callers;
import com.gyroscops.payments.platform.page.ListTokens;
import com.gyroscops.payments.platform.temporal.TemporalConfiguration;
import com.gyroscops.payments.platform.temporal.TemporalConnection;
import com.gyroscops.payments.read.report.ReportCleaning;
import com.gyroscops.payments.read.report.ReportExecutor;
import com.gyroscops.payments.read.report.ReportFolder;
import com.gyroscops.payments.read.report.ReportLimits;
import com.gyroscops.payments.read.report.ReportMeters;
import com.gyroscops.payments.read.report.ReportStarter;
import com.gyroscops.payments.read.report.ReportStore;
import com.gyroscops.payments.read.report.Reports;
import com.gyroscops.payments.read.report.postgres.PostgresReports;
import com.gyroscops.payments.read.report.workflow.TemporalReports;
import com.gyroscops.payments.read.source.sql.SqlSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Requires;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import javax.sql.DataSource;

/** Puts together what writes reports. Without Temporal or a folder, those there are can be seen. */
@Factory
final class ReportWiring {

  /** Reports have workers of their own. */
  private static final String QUEUE_SUFFIX = "-reports";

  private static final String FOLDER = "read-server.reports.folder";

  /** At once, so that limits that contradict each other keep the server from starting. */
  @Context
  ReportLimits reportLimits(ReportSettings settings) {
    return settings.limits();
  }

  @Singleton
  ReportStore reportStore(@Named("reports") DataSource dataSource, Migration migration) {
    return new PostgresReports(migration.gate(DelegatingDataSource.unwrapDataSource(dataSource)));
  }

  @Singleton
  ReportMeters reportMeters(MeterRegistry registry) {
    return new ReportMeters(registry);
  }

  /** At once, so that a folder that cannot be used keeps the server from starting. */
  @Context
  @Requires(property = FOLDER, pattern = ".+")
  ReportFolder reportFolder(ReportSettings settings) {
    return ReportFolder.open(Path.of(settings.folder()));
  }

  @Bean(preDestroy = "close")
  @Singleton
  @Requires(bean = ReportFolder.class)
  ReportExecutor reportExecutor(
      ReportStore store,
      SqlSource source,
      ReportFolder folder,
      @Named("replica") String replica,
      ReportLimits limits,
      ReportMeters meters) {
    return new ReportExecutor(store, source, folder, replica, limits, meters);
  }

  @Bean(preDestroy = "close")
  @Context
  @Requires(property = "payments.temporal.address", pattern = ".+")
  @Requires(bean = ReportFolder.class)
  TemporalReports temporalReports(
      TemporalConfiguration configuration,
      @Named("replica") String replica,
      ReportExecutor executor,
      ReportLimits limits,
      MeterRegistry registry) {
    return new TemporalReports(
        new TemporalConnection(configuration.settings(QUEUE_SUFFIX), replica, registry),
        executor,
        limits);
  }

  @Singleton
  Reports reports(
      ReportStore store,
      Optional<TemporalReports> temporal,
      Optional<ReportFolder> folder,
      ReportLimits limits,
      ReportMeters meters,
      ReadServerSettings server) {
    byte[] pageTokenKey = server.pageTokenSecret().getBytes(StandardCharsets.UTF_8);
    return new Reports(
        store,
        temporal.map(ReportStarter.class::cast),
        folder,
        limits,
        meters,
        new ListTokens(() -> pageTokenKey),
        Callers::actor,
        organization -> Callers.may(new Demand(Scope.PERSONAL_READ, organization)));
  }

  @Singleton
  ReportCleaning reportCleaning(ReportStore store, Optional<ReportFolder> folder) {
    return new ReportCleaning(store, folder);
  }
}
