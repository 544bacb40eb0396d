package com.gyroscops.payments.read.app;

import com.gyroscops.payments.read.projection.ProjectedSource;
import com.gyroscops.payments.read.projection.Projections;
import com.gyroscops.payments.read.routing.RoutedSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.sql.SqlProbe;
import com.gyroscops.payments.read.source.sql.SqlSource;
import io.micronaut.configuration.jdbc.hikari.DatasourceConfiguration;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import javax.sql.DataSource;

/** The SQL source, which every replica has. */
@Factory
final class SqlWiring {

  @Bean(preDestroy = "close")
  @Singleton
  SqlSource sqlSource(@Named("read") DataSource dataSource, Migration migration) {
    // Micronaut's wrapper hands out a connection only within its own transactions.
    return new SqlSource(migration.gate(DelegatingDataSource.unwrapDataSource(dataSource)));
  }

  @Singleton
  ProjectedSource sql(SqlSource source, Projections projections) {
    return projections.shared(source);
  }

  /** Over a connection of the probe's own; the watch closes it. */
  @Singleton
  @Named("sql")
  RoutedSource.Probe probe(@Named("read") DatasourceConfiguration database, Migration migration) {
    return new StoreProbe(
        new SqlProbe(
            database.getConfiguredUrl(),
            database.getConfiguredUsername(),
            database.getConfiguredPassword()),
        migration);
  }

  private record StoreProbe(SqlProbe probe, Migration migration) implements RoutedSource.Probe {
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
}
