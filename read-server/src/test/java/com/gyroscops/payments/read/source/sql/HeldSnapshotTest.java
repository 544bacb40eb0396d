package com.gyroscops.payments.read.source.sql;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.v1.PaymentEvent;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A checkpoint of which nobody may remove the versions before. */
class HeldSnapshotTest {

  /** Each hundred used to add a page to every read. */
  private static final int MOVES = 2_000;

  /** A page more of an index, one more of its visibility map, and the like. */
  private static final int PAGES_SLACK = 8;

  private static final String MOVE =
      "select from move_checkpoint('sql', 1, 'payments', 'epoch-1',"
          + " (select position from checkpoints where source = 'sql'), 0,"
          + " (select position + 1 from checkpoints where source = 'sql'), 'event', 0)";
  private static final String READ = "select * from checkpoints where source = 'sql'";

  private static ReadDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = ReadDatabase.fresh();
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  private static void reset() throws SQLException {
    database.execute(
        "truncate payments, payment_words, payment_events, payment_rollups, refund_rollups");
    database.execute(
        "update checkpoints set log_id = 'payments', epoch = 'epoch-1', position = 0,"
            + " last_event_id = '', ready_position = 0, parked = 0, fence = 1");
  }

  @Test
  void makesNeitherRunsNorReadsSlower() throws SQLException {
    reset();
    // The planner knows of one row, as after any while without a snapshot.
    database.execute("vacuum analyze checkpoint_versions");
    try (Connection holder = database.connect();
        Connection busy = database.connect()) {
      holder.setAutoCommit(false);
      holder.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      assertThat(position(holder)).isZero();
      execute(busy, "set synchronous_commit = off");
      List<String> measured = List.of(MOVE, READ);
      List<Integer> before = new ArrayList<>();
      for (String sql : measured) {
        before.add(pages(busy, sql));
      }
      for (int i = 0; i < MOVES; i++) {
        execute(busy, MOVE);
      }
      for (int i = 0; i < measured.size(); i++) {
        assertThat(pages(busy, measured.get(i)))
            .as("pages touched by %s, at first %d", measured.get(i), before.get(i))
            .isLessThanOrEqualTo(before.get(i) + PAGES_SLACK);
      }
      assertThat(position(busy)).isGreaterThanOrEqualTo(MOVES);
      assertThat(position(holder)).isZero();
    }
  }

  /** Whoever comes second waits, and then sees what the first one has changed. */
  @Test
  void whoTakesOverWaitsForARunAndAnOlderFenceIsRefusedFromThenOn() throws Exception {
    reset();
    SampleLog log = new SampleLog("payments", "epoch-1");
    PaymentEvent event = log.create("acme", "p1");
    SqlSource source = database.source();
    try (Connection run = database.connect()) {
      run.setAutoCommit(false);
      execute(run, "select from move_checkpoint('sql', 1, 'payments', 'epoch-1', 0, 0, 5, 'e', 0)");
      CompletableFuture<SourcePosition> taken =
          CompletableFuture.supplyAsync(() -> {
            try {
              return source.takeOver(2).orElseThrow();
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
      awaitLock();
      run.commit();
      assertThat(taken.get(60, TimeUnit.SECONDS).position()).isEqualTo(5);
    }
    SourcePosition old = new SourcePosition("payments", "epoch-1", 0, "", 0, 0);
    assertThat(source.apply(1, old, List.of(event))).isInstanceOf(ApplyOutcome.FencedOut.class);
    assertThat(source.takeOver(1)).isEmpty();
  }

  private static void awaitLock() {
    eventually(
        "somebody waits",
        () ->
            database.number(
                    "select count(*) from pg_stat_activity where datname = current_database()"
                        + " and wait_event_type = 'Lock'")
                > 0);
  }

  private static long position(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select position from checkpoints")) {
      assertThat(row.next()).isTrue();
      return row.getLong(1);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Pages that a statement touches once the session knows its tables. */
  private static int pages(Connection connection, String sql) throws SQLException {
    execute(connection, sql);
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("explain (analyze, buffers, costs off, timing off) " + sql)) {
      while (row.next()) {
        if (row.getString(1).startsWith("  Buffers:")) {
          int pages = 0;
          Matcher count = Pattern.compile("(?:hit|read)=(\\d+)").matcher(row.getString(1));
          while (count.find()) {
            pages += Integer.parseInt(count.group(1));
          }
          return pages;
        }
      }
    }
    throw new AssertionError("no pages are told of " + sql);
  }
}
