package com.gyroscops.payments.write.api;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.internal.v1.GetHeadRequest;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.gyroscops.payments.stack.engine.LocalStandby;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.ChainAnswer;
import com.gyroscops.payments.write.eventstore.Creations;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.postgres.Database;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A primary and its standby change places under a server. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FailoverTest {

  private static final String DATABASE = "payments_write";
  private static final Duration AWAIT_MAX = Duration.ofMinutes(2);

  @TempDir private static Path folder;
  private static LocalPostgres primary;
  private static LocalPostgres standby;

  @BeforeAll
  static void start() throws Exception {
    primary = LocalPostgres.start(folder.resolve("primary"), 0);
    primary.createDatabase(DATABASE);
    Flyway.configure().dataSource(primary.jdbcUrl(DATABASE), primary.user(), "").load().migrate();
    standby = LocalStandby.start(primary, "standby", folder.resolve("standby"), 0);
  }

  @AfterAll
  static void stop() throws Exception {
    standby.close();
    primary.close();
  }

  /**
   * Invariant: what is acknowledged is on the standby. PostgreSQL answers a commit whose wait is
   * cancelled as done, with a warning.
   */
  @Test
  @Order(1)
  void a_commit_that_is_cancelled_while_it_waits_for_the_standby_is_not_acknowledged()
      throws Exception {
    LocalStandby.requireForCommits(primary, "standby");
    try (HikariDataSource pool = pool();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      EventStore store = new PostgresEventStore(pool, "test");
      Database database = new Database(pool);
      Chain creation = Creations.of("cancelled");
      store.head();
      standby.kill();

      Future<?> append =
          threads.submit(() -> store.append(EventStore.ANY_EPOCH, List.of(creation)));
      cancelWait();
      assertUnknown(append);
      Future<?> statement =
          threads.submit(() ->
              database.update(
                  "write",
                  "insert into imports (import_id, traceparent) values ('a', '')",
                  _ -> {}));
      cancelWait();
      assertUnknown(statement);
      Future<?> transaction =
          threads.submit(() ->
              database.inTransaction(
                  "write",
                  connection ->
                      Database.update(
                          connection,
                          "insert into imports (import_id, traceparent) values ('b', '')",
                          _ -> {})));
      cancelWait();
      assertUnknown(transaction);
      Future<?> closing =
          threads.submit(() ->
              store.close(
                  Keys.request("acme", "closed"),
                  Creations.REQUEST_HASH,
                  CommandError.getDefaultInstance()));
      cancelWait();
      assertUnknown(closing);

      // Asked again, it is known, and its answer waits like the first, as does the look-up's.
      var again = threads.submit(() -> store.append(EventStore.ANY_EPOCH, List.of(creation)));
      awaitWaiting(1);
      assertThat(again).isNotDone();
      var lookUp = threads.submit(() -> store.request(Keys.request("acme", "cancelled")));
      awaitWaiting(2);
      assertThat(lookUp).isNotDone();
      standby = LocalPostgres.start(folder.resolve("standby"), standby.port());
      assertThat(again.get(60, TimeUnit.SECONDS).answers().getFirst())
          .isInstanceOf(ChainAnswer.Known.class);
      assertThat(lookUp.get(60, TimeUnit.SECONDS)).isPresent();
      assertThat(number(standby, "select count(*) from events")).isEqualTo(1);
    } finally {
      LocalStandby.requireNoneForCommits(primary);
    }
  }

  @Test
  @Order(2)
  void a_server_goes_on_with_the_server_of_its_url_that_can_be_written_to() throws Exception {
    String url =
        "jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/%s"
            .formatted(primary.port(), standby.port(), DATABASE);
    try (TestServer server = new TestServer(url, Map.of())) {
      server.commands().createPayment(Requests.create("before"));
      LocalStandby.awaitCaughtUp(primary, "standby");

      LocalStandby.promote(standby);
      LocalStandby.setting(primary, "default_transaction_read_only", "on");

      eventually("it writes to the other", AWAIT_MAX, () -> isCreated(server, "after"));
      assertThat(number(standby, "select count(*) from payments where payment_id = 'after'"))
          .isEqualTo(1);
      assertThat(server.feed().getHead(GetHeadRequest.getDefaultInstance()).getPosition())
          .isEqualTo(number(standby, "select position from outbox_head"));
      await("select count(*) = 0 from pg_stat_activity where application_name = 'write-server'");
      assertThat(number(primary, "select count(*) from payments where payment_id = 'after'"))
          .isZero();
    }
  }

  /** Whether it was; if not, the caller is told that it may be tried again. */
  private static boolean isCreated(TestServer server, String id) {
    try {
      server.commands().createPayment(Requests.create(id));
      return true;
    } catch (StatusRuntimeException e) {
      assertThat(ApiError.from(e).orElseThrow().reason()).isEqualTo("STORE_UNAVAILABLE");
      return false;
    }
  }

  private static HikariDataSource pool() {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(primary.jdbcUrl(DATABASE));
    config.setUsername(primary.user());
    config.setMaximumPoolSize(2);
    return new HikariDataSource(config);
  }

  private static void assertUnknown(Future<?> step) {
    assertThatThrownBy(() -> step.get(60, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(StoreUnavailableException.class);
  }

  private static void awaitWaiting(int steps) throws Exception {
    await(
        "select count(*) = %d from pg_stat_activity where wait_event = 'SyncRep'".formatted(steps));
  }

  private static void cancelWait() throws Exception {
    awaitWaiting(1);
    ask(
        primary,
        "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'");
  }

  /** Waits for what the primary is to answer with true. */
  private static void await(String question) {
    eventually(question, AWAIT_MAX, () -> ask(primary, question).equals("t"));
  }

  private static long number(LocalPostgres server, String question) throws SQLException {
    return Long.parseLong(ask(server, question));
  }

  private static String ask(LocalPostgres server, String question) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(server.jdbcUrl(DATABASE), server.user(), "");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(question)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
