package com.gyroscops.payments.read.app;

import io.micronaut.context.annotation.Property;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the read database's schema up to date, on a thread of its own, as soon as the database is
 * there; other sources answer meanwhile. Until then the database counts as away.
 */
@Singleton
final class Migration {

  private static final Logger LOG = LoggerFactory.getLogger(Migration.class);

  /** Time between attempts: a database that starts is used about that soon. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final DataSource database;
  private final String location;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean finished;

  /**
   * @param location of the migrations
   * @param byMicronaut whether it has happened already, before anything else
   */
  Migration(
      @Named("read") DataSource database,
      @Property(name = "flyway.datasources.read.locations") String location,
      @Property(name = "flyway.datasources.read.enabled") boolean byMicronaut) {
    this.database = DelegatingDataSource.unwrapDataSource(database);
    this.location = location;
    finished = byMicronaut;
    thread = Thread.ofPlatform().name("migration").daemon().unstarted(this::run);
  }

  void start() {
    if (!finished) {
      thread.start();
    }
  }

  private void run() {
    boolean failing = false;
    try {
      do {
        try {
          Flyway.configure().dataSource(database).locations(location).load().migrate();
          finished = true;
          return;
        } catch (FlywayException e) {
          if (!failing) {
            LOG.warn(
                "the schema of the read database (READ_DATABASE_URL) is not up to date yet: {}",
                reason(e));
            LOG.debug("in full", e);
          }
          failing = true;
        }
      } while (!closing.await(RETRY.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** The innermost failure's first line: what the database or the driver said. */
  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
  }

  /** Fails until the schema is up to date. */
  void check() throws SQLException {
    if (!finished) {
      throw new SQLTransientConnectionException("the database's schema is not up to date yet");
    }
  }

  /** The same database, as one that is away until its schema is up to date. */
  DataSource gate(DataSource whole) {
    return new DelegatingDataSource(whole) {
      @Override
      public Connection getConnection() throws SQLException {
        check();
        return super.getConnection();
      }
    };
  }

  @PreDestroy
  void close() {
    closing.countDown();
  }
}
