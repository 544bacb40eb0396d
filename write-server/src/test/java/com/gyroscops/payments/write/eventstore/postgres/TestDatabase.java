package com.gyroscops.payments.write.eventstore.postgres;

import com.gyroscops.payments.localstack.LocalPostgres;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.UUID;
import org.flywaydb.core.Flyway;

/** A real PostgreSQL for the tests of one JVM, and write databases in it. */
public final class TestDatabase {

  private static final LocalPostgres POSTGRES = start();

  private TestDatabase() {}

  private static LocalPostgres start() {
    try {
      LocalPostgres postgres = LocalPostgres.temporary();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(postgres)));
      return postgres;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void stop(LocalPostgres postgres) {
    try {
      postgres.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new database with the current schema, as a pool. */
  public static HikariDataSource open() {
    HikariDataSource pool = openEmpty();
    Flyway.configure().dataSource(pool).load().migrate();
    return pool;
  }

  /** A new database without tables. */
  static HikariDataSource openEmpty() {
    String name = "write_" + UUID.randomUUID().toString().replace("-", "");
    try {
      POSTGRES.createDatabase(name);
    } catch (SQLException e) {
      throw new IllegalStateException("no test database", e);
    }
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(POSTGRES.jdbcUrl(name));
    config.setUsername(POSTGRES.user());
    config.setMaximumPoolSize(8);
    config.setMinimumIdle(0);
    return new HikariDataSource(config);
  }
}
