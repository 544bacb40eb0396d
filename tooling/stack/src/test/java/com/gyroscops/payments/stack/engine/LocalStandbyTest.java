package com.gyroscops.payments.stack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalStandbyTest {

  @TempDir Path folder;

  @Test
  void a_synchronous_standby_holds_up_commits_while_it_is_away_and_has_them_all_when_promoted()
      throws Exception {
    LocalPostgres primary = LocalPostgres.start(folder.resolve("one"), 0);
    try {
      execute(primary, "create table kept as select 42 as answer");
      LocalPostgres killed = LocalStandby.start(primary, "two", folder.resolve("two"), 0);
      LocalStandby.requireForCommits(primary, "two");
      assertThat(LocalStandby.isStandby(killed)).isTrue();
      assertReadOnly(killed);
      killed.kill();
      CompletableFuture<Void> commit =
          CompletableFuture.runAsync(() -> {
            try {
              execute(primary, "update kept set answer = 43");
            } catch (SQLException e) {
              throw new IllegalStateException(e);
            }
          });
      awaitTrue(
          primary, "select exists (select from pg_stat_activity where wait_event = 'SyncRep')");
      assertThat(commit).isNotDone();

      try (LocalPostgres standby = LocalPostgres.start(folder.resolve("two"), killed.port())) {
        commit.join();
        primary.kill();
        LocalStandby.promote(standby);

        assertThat(LocalStandby.isStandby(standby)).isFalse();
        assertThat(query(standby, "select answer from kept")).isEqualTo("43");
        execute(standby, "update kept set answer = 44");
      }
    } finally {
      primary.close();
    }
  }

  @Test
  void a_primary_that_was_stopped_follows_its_former_standby() throws Exception {
    LocalPostgres former = LocalPostgres.start(folder.resolve("one"), 0);
    try (LocalPostgres primary = LocalStandby.start(former, "two", folder.resolve("two"), 0)) {
      execute(former, "create table kept as select 42 as answer");
      LocalStandby.setting(former, "default_transaction_read_only", "on");
      assertReadOnly(former);
      LocalStandby.awaitCaughtUp(former, "two");
      former.close();
      LocalStandby.promote(primary);
      LocalStandby.follow(folder.resolve("one"), primary, "one");
      try (LocalPostgres standby = LocalPostgres.start(folder.resolve("one"), former.port())) {
        execute(primary, "update kept set answer = 43");
        LocalStandby.awaitCaughtUp(primary, "one");
        assertThat(query(standby, "select answer from kept")).isEqualTo("43");
      }
    } finally {
      former.close();
    }
  }

  private static void assertReadOnly(LocalPostgres server) {
    assertThatThrownBy(() -> execute(server, "create table refused (answer int)"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
  }

  private static void awaitTrue(LocalPostgres postgres, String sql) throws Exception {
    await(sql)
        .pollInSameThread()
        .atMost(Duration.ofMinutes(2))
        .until(() -> query(postgres, sql).equals("t"));
  }

  private static Connection connect(LocalPostgres postgres) throws SQLException {
    return DriverManager.getConnection(postgres.jdbcUrl("postgres"), postgres.user(), "");
  }

  private static String query(LocalPostgres postgres, String sql) throws SQLException {
    try (Connection connection = connect(postgres);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static void execute(LocalPostgres postgres, String sql) throws SQLException {
    try (Connection connection = connect(postgres);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
