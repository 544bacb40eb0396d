package com.gyroscops.payments.read;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.projection.LeaseRepository;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.sql.SqlProbe;
import com.gyroscops.payments.read.source.sql.SqlSource;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.gyroscops.payments.stack.engine.LocalStandby;
import io.micronaut.context.ApplicationContext;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import io.micronaut.inject.qualifiers.Qualifiers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

/** The primary becomes read-only under a server, whose URL names another server, too. */
class FailoverTest {

  @Test
  void every_pool_goes_on_with_the_server_that_can_be_written_to() throws Exception {
    LocalPostgres next = ReadDatabase.shared();
    try (LocalPostgres primary = LocalPostgres.temporary()) {
      String name = ReadDatabase.newDatabase(next);
      primary.createDatabase(name);
      migrate(primary, name);
      migrate(next, name);
      String url =
          "jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/%s"
              .formatted(primary.port(), next.port(), name);
      Map<String, Object> settings = ReadDatabase.settings(primary, name);
      settings.put("datasources.read.url", url);
      try (ApplicationContext server = ApplicationContext.run(settings);
          SqlProbe probe = new SqlProbe(url, primary.user(), "")) {
        LeaseRepository leases = server.getBean(LeaseRepository.class);
        List<DataSource> pools = List.of(pool(server, "read"), pool(server, "reports"));
        SqlSource source = new SqlSource(pools.getFirst());
        for (DataSource pool : pools) {
          assertThat(portOf(pool)).isEqualTo(primary.port());
        }
        assertThat(leases.take("sql", "one", 60_000)).hasSize(1);
        assertThat(source.takeOver(1)).isPresent();
        probe.position();

        LocalStandby.setting(primary, "default_transaction_read_only", "on");

        eventually("the repository writes to the other", () -> isTaken(leases));
        assertThat(number(next, name, "select count(*) from leases where holder = 'two'"))
            .isEqualTo(1);
        // The other knows of no fence.
        eventually("the source writes to the other", () -> isTaken(source));
        assertThat(number(next, name, "select fence from checkpoints where source = 'sql'"))
            .isEqualTo(7);
        eventually("the probe asks the other", () -> answers(probe));
        for (DataSource pool : pools) {
          // One question may go to the former; its answer says what that has become.
          eventually("each pool connects to the other", () -> portOf(pool) == next.port());
        }
      }
    }
  }

  private static boolean isTaken(LeaseRepository leases) {
    try {
      return leases.take("sql", "two", 60_000).size() == 1;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static boolean isTaken(SqlSource source) {
    try {
      return source.takeOver(7).isPresent();
    } catch (SourceUnavailableException e) {
      return false;
    }
  }

  private static boolean answers(SqlProbe probe) {
    try {
      probe.position();
      return true;
    } catch (SourceUnavailableException e) {
      return false;
    }
  }

  private static DataSource pool(ApplicationContext server, String name) {
    return DelegatingDataSource.unwrapDataSource(
        server.getBean(DataSource.class, Qualifiers.byName(name)));
  }

  private static void migrate(LocalPostgres postgres, String name) {
    Flyway.configure()
        .dataSource(postgres.jdbcUrl(name), postgres.user(), "")
        .locations("classpath:db/read/migration")
        .load()
        .migrate();
  }

  private static int portOf(DataSource pool) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      return (int) number(connection, "select inet_server_port()");
    }
  }

  private static long number(LocalPostgres postgres, String name, String sql) throws SQLException {
    try (Connection connection =
        DriverManager.getConnection(postgres.jdbcUrl(name), postgres.user(), "")) {
      return number(connection, sql);
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
