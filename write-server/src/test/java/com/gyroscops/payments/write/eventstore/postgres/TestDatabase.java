package com.gyroscops.payments.write.eventstore.postgres;

import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.UUID;
import org.flywaydb.core.Flyway;

/**
 * A real PostgreSQL for the tests of one JVM, and write databases in it: the schema is migrated
 * once, each database is a copy.
 */
public final class TestDatabase {

  private static final String TEMPLATE = "write_template";
  private static final LocalPostgres POSTGRES = start();

  private TestDatabase() {}

  private static LocalPostgres start() {
    try {
      LocalPostgres postgres = LocalPostgres.temporary();
      postgres.createDatabase(TEMPLATE);
      Flyway.configure()
          .dataSource(postgres.jdbcUrl(TEMPLATE), postgres.user(), "")
          .load()
          .migrate();
      return postgres;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (SQLException e) {
      throw new IllegalStateException("no template of the test databases", e);
    }
  }

  /** A new database with the current schema, as a pool. */
  public static HikariDataSource open() {
    String name = newName();
    try {
      POSTGRES.copyDatabase(TEMPLATE, name);
    } catch (SQLException e) {
      throw new IllegalStateException("no test database", e);
    }
    return pool(name);
  }

  /** A new database without tables. */
  public static HikariDataSource openEmpty() {
    String name = newName();
    try {
      POSTGRES.createDatabase(name);
    } catch (SQLException e) {
      throw new IllegalStateException("no test database", e);
    }
    return pool(name);
  }

  private static String newName() {
    return "write_" + UUID.randomUUID().toString().replace("-", "");
  }

  private static HikariDataSource pool(String name) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(POSTGRES.jdbcUrl(name));
    config.setUsername(POSTGRES.user());
    config.setMaximumPoolSize(8);
    config.setMinimumIdle(0);
    return new HikariDataSource(config);
  }
}
