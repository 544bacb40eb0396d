package com.gyroscops.payments.read;

import io.micronaut.context.annotation.Property;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import io.micronaut.flyway.event.MigrationFinishedEvent;
import io.micronaut.runtime.event.annotation.EventListener;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import javax.sql.DataSource;

/**
 * Whether the read database has the schema that this server needs. It is brought up to date while
 * the server starts and other sources answer already; until then the database counts as away.
 */
@Singleton
final class Migration {

  private volatile boolean finished;

  /**
   * @param enabled false: someone else brings the schema up to date
   */
  Migration(@Property(name = "flyway.datasources.read.enabled") boolean enabled) {
    finished = !enabled;
  }

  @EventListener
  void onFinished(MigrationFinishedEvent event) {
    finished = true;
  }

  /** Fails until the schema is up to date. */
  void check() throws SQLException {
    if (!finished) {
      throw new SQLTransientConnectionException("the database's schema is not up to date yet");
    }
  }

  /** The same database, as one that is away until its schema is up to date. */
  DataSource gate(DataSource database) {
    return new DelegatingDataSource(database) {
      @Override
      public Connection getConnection() throws SQLException {
        check();
        return super.getConnection();
      }
    };
  }
}
