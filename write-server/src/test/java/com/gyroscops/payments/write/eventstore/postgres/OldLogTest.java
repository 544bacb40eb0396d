package com.gyroscops.payments.write.eventstore.postgres;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.platform.jdbc.HeldSnapshot;
import com.gyroscops.payments.platform.jdbc.HeldSnapshots;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.ChainAnswer;
import com.gyroscops.payments.write.eventstore.Creations;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.zaxxer.hikari.HikariDataSource;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a log costs that has many partitions, or over which a snapshot is held. */
class OldLogTest {

  /** Where the first partition of every log ends. */
  private static final long FIRST_END = 10_000_000;

  private static final int PARTITION_EVENTS = 10;
  private static final int EVENTS = 300;

  /** Under a snapshot; each used to add a page to every fiftieth append. */
  private static final int COMMITS = 1_000;

  /** Indexes of what is kept in versions become higher by a page, and are searched three times. */
  private static final int PAGES_SLACK = 8;

  private static final String APPEND =
      "select from append_batch('test', '', array[gen_random_uuid()], array['acme'], array['p'],"
          + " array[0], array[1], array[1], array['e'], array[gen_random_uuid()],"
          + " array[gen_random_uuid()], array[1], array[gen_random_uuid()], array['\\x00'::bytea])";
  private static final String SAVE =
      "select save_progress('{sql}', '{a}', '{1}', '{1}', '{epoch}', '{7}', '{7}', '{0}', '{t}',"
          + " '{0}', interval '3 s')";
  private static final String STANDINGS = "select * from subscriber_progress";
  private static final String HEAD = "select position from outbox_head";

  private final List<AutoCloseable> opened = new ArrayList<>();
  private HikariDataSource pool;

  @BeforeEach
  void open() {
    pool = TestDatabase.open();
    opened.add(pool);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : opened.reversed()) {
      resource.close();
    }
  }

  @Test
  void whatConcernsAFewEventsLocksTheirPartitionsAlone() throws SQLException {
    fillPartitions();
    Connection connection = connect();
    connection.setAutoCommit(false);
    EventStore store = new PostgresEventStore(unclosed(connection), "test");
    // Plans are kept from the sixth time on.
    for (int i = 1; i <= 8; i++) {
      PaymentKey key = key(10 * i);
      UUID request = Keys.request("acme", key.paymentId());
      long position = FIRST_END + 10L * i;
      assertThat(store.append(EventStore.ANY_EPOCH, List.of(Creations.of("new-" + i))).answers())
          .containsExactly(new ChainAnswer.Stored(FIRST_END + EVENTS + i));
      assertPartitions(connection, "an append", 1);
      assertThat(
              store.append(EventStore.ANY_EPOCH, List.of(Creations.of(key.paymentId()))).answers())
          .singleElement()
          .isInstanceOfSatisfying(
              ChainAnswer.Known.class,
              known ->
                  assertThat(known.requests().values())
                      .map(it -> ((KnownRequest.Accepted) it).event().getPosition())
                      .containsExactly(position));
      assertPartitions(connection, "a repeated append", 2);
      assertThat(store.close(request, Creations.REQUEST_HASH, CommandError.getDefaultInstance()))
          .isPresent();
      assertPartitions(connection, "closing a request", 2);
      assertThat(store.request(request)).isPresent();
      assertThat(store.newest(List.of(key)).events()).containsOnlyKeys(key);
      assertPartitions(connection, "looking up", 2);
      assertThat(store.read(position - 1, 5, 1_000_000).events()).hasSize(5);
      assertPartitions(connection, "reading", 3);
      assertThat(store.read(position - 1, 5, 1).events()).hasSize(1);
      connection.commit();
    }
  }

  @Test
  void aGapOfAWholeReadIsSeen() throws SQLException {
    fillPartitions();
    execute("delete from events where position between 10000051 and 10000080");
    EventStore store = new PostgresEventStore(pool, "test");
    assertThat(store.read(FIRST_END + 50, 20, 1_000_000).events())
        .first()
        .extracting(PaymentEvent::getPosition)
        .isEqualTo(FIRST_END + 81);
    assertThat(store.read(FIRST_END + EVENTS, 20, 1_000_000).events()).isEmpty();
    assertThat(store.read(Long.MAX_VALUE - 1, 20, 1_000_000).events()).isEmpty();
  }

  @Test
  void aSnapshotThatIsHeldMakesNothingSlower() throws SQLException {
    // So many that indexes of events, payments and requests do not become higher meanwhile.
    new PostgresEventStore(pool, "test")
        .append(
            EventStore.ANY_EPOCH,
            IntStream.rangeClosed(1, COMMITS).mapToObj(i -> Creations.of("p-" + i)).toList());
    execute(SAVE);
    // The planner knows of one row each, as after any while without a snapshot.
    execute("vacuum analyze log_positions");
    execute("vacuum analyze subscriber_progress_versions");
    Connection holder = connect();
    holder.setAutoCommit(false);
    holder.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    number(holder, "select count(*) from events");

    Connection busy = connect();
    execute(busy, "set synchronous_commit = off");
    List<String> measured = List.of(APPEND, HEAD, SAVE, STANDINGS);
    List<Integer> before = new ArrayList<>();
    for (String statement : measured) {
      before.add(pages(busy, statement));
    }
    try (Statement statement = busy.createStatement()) {
      for (int i = 0; i < COMMITS; i++) {
        statement.execute(APPEND);
        statement.execute(SAVE);
      }
    }
    for (int i = 0; i < measured.size(); i++) {
      assertThat(pages(busy, measured.get(i)))
          .as("pages touched by %s, at first %d", measured.get(i), before.get(i))
          .isLessThanOrEqualTo(before.get(i) + PAGES_SLACK);
    }
    assertThat(number(busy, HEAD)).isEqualTo(number(busy, "select max(position) from events"));
    // It still sees the log as it was.
    assertThat(number(holder, HEAD)).isEqualTo(number(holder, "select count(*) from events"));
  }

  @Test
  void partitionsAreMadeAndFilledWhileTheWholeLogIsRead() throws SQLException {
    execute("update log_positions set position = " + (FIRST_END - 1));
    Connection reader = connect();
    reader.setAutoCommit(false);
    number(reader, "select count(*) from events");
    LogMaintenance maintenance = new LogMaintenance(pool, Duration.ofDays(1), 100_000);
    assertThat(maintenance.room()).isZero();
    assertThat(maintenance.makePartitions()).isGreaterThanOrEqualTo(maintenance.roomWanted());
    EventStore store = new PostgresEventStore(pool, "test");
    store.append(EventStore.ANY_EPOCH, List.of(Creations.of("a"), Creations.of("b")));
    assertThat(store.read(FIRST_END - 1, 10, 1_000).events()).hasSize(2);
    assertThat(number(reader, "select count(*) from events")).isEqualTo(2);
  }

  @Test
  void partitionsFollowOnEachOtherWhateverSizeTheyAreGiven() throws SQLException {
    execute("update log_positions set position = 9500000");
    long small = new LogMaintenance(pool, Duration.ofDays(1), 200_000).makePartitions();
    assertThat(small).isBetween(20L * 200_000, 21L * 200_000);
    LogMaintenance large = new LogMaintenance(pool, Duration.ofDays(1), 15_000_000);
    assertThat(large.makePartitions()).isGreaterThanOrEqualTo(30_000_000);
    assertThat(large.makePartitions()).isEqualTo(large.room());
    try (Connection connection = pool.getConnection()) {
      assertThat(
              number(
                  connection,
                  "select count(*) from event_partitions p where first_position <> 0 and not exists"
                      + " (select from event_partitions q where q.end_position ="
                      + " p.first_position)"))
          .isZero();
      assertThat(number(connection, "select count(*) from event_partitions"))
          .isEqualTo(
              number(
                  connection,
                  "select count(*) from pg_inherits where inhparent = 'events'::regclass"));
    }
  }

  @Test
  void aLogOfTheSchemaBeforeGoesOn() throws SQLException {
    HikariDataSource old = TestDatabase.openEmpty();
    opened.add(old);
    Flyway.configure().dataSource(old).target("5").load().migrate();
    try (Connection connection = old.getConnection()) {
      execute(connection, "update outbox_head set position = 9999999");
      execute(connection, "select ensure_event_partitions(20000000)");
      execute(connection, APPEND.replace("'test', '', ", "'test', "));
      execute(connection, "insert into subscriber_progress values ('sql', 'a', 7)");
    }
    Flyway.configure().dataSource(old).target("9").load().migrate();
    try (Connection connection = old.getConnection()) {
      execute(connection, APPEND);
      execute(connection, SAVE);
      assertThat(number(connection, HEAD)).isEqualTo(FIRST_END + 1);
      assertThat(number(connection, "select fence from subscriber_progress")).isEqualTo(1);
      assertThat(number(connection, "select event_room()"))
          .isEqualTo(3 * FIRST_END - 1 - FIRST_END - 1);
    }
    assertThatThrownBy(() -> Flyway.configure().dataSource(old).load().migrate())
        .as("what its events say is read no more")
        .rootCause()
        .hasMessageContaining("before the contracts of v1");
  }

  @Test
  void whoHoldsTheOldestSnapshotIsNamed() throws SQLException {
    HeldSnapshots snapshots = new HeldSnapshots(pool, System::nanoTime);
    // PostgreSQL itself may hold one for a moment.
    eventually("nobody holds one", () -> snapshots.oldest().isEmpty());
    Connection holder = connect();
    execute(holder, "set application_name = 'forgotten \"session\"'");
    holder.setAutoCommit(false);
    holder.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    int pid = (int) number(holder, "select pg_backend_pid()");
    HeldSnapshot held = snapshots.oldest().orElseThrow();
    assertThat(held.kind()).isEqualTo(HeldSnapshot.Kind.SESSION);
    assertThat(held.pid()).isEqualTo(pid);
    assertThat(held.name()).isEqualTo("forgotten \"session\"");
    assertThat(held.age()).isGreaterThanOrEqualTo(Duration.ZERO);
    holder.rollback();
    eventually("nobody holds one", () -> snapshots.oldest().isEmpty());
  }

  private void fillPartitions() throws SQLException {
    execute("update log_positions set position = " + FIRST_END);
    execute("select ensure_event_partitions(" + 2 * EVENTS + ", " + PARTITION_EVENTS + ")");
    new PostgresEventStore(pool, "test")
        .append(
            EventStore.ANY_EPOCH,
            IntStream.rangeClosed(1, EVENTS).mapToObj(i -> Creations.of("p-" + i)).toList());
  }

  private static PaymentKey key(int i) {
    return new PaymentKey("acme", "p-" + i);
  }

  private static void assertPartitions(Connection connection, String what, int max)
      throws SQLException {
    assertThat(
            number(
                connection,
                "select count(distinct relation) from pg_locks join pg_inherits on inhrelid ="
                    + " relation where inhparent = 'events'::regclass and pid = pg_backend_pid()"))
        .as("partitions locked by %s", what)
        .isBetween(1L, (long) max);
    connection.commit();
  }

  /** Pages that a statement touches once its plans are kept. */
  private static int pages(Connection connection, String sql) throws SQLException {
    for (int i = 0; i < 6; i++) {
      execute(connection, sql);
    }
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("explain (analyze, buffers, costs off, timing off) " + sql)) {
      int pages = 0;
      while (row.next()) {
        String line = row.getString(1);
        if (line.startsWith("  Buffers:") && pages == 0) {
          Matcher count = Pattern.compile("(?:hit|read)=(\\d+)").matcher(line);
          while (count.find()) {
            pages += Integer.parseInt(count.group(1));
          }
        }
      }
      assertThat(pages).as("pages of %s", sql).isPositive();
      return pages;
    }
  }

  /** A connection of its own, so that nothing of it comes back into the pool. */
  private Connection connect() throws SQLException {
    Connection connection = DriverManager.getConnection(pool.getJdbcUrl(), pool.getUsername(), "");
    opened.add(connection);
    return connection;
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      execute(connection, sql);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getLong(1);
    }
  }

  /** Hands out a connection that stays open when it is closed, and its transaction with it. */
  private static DataSource unclosed(Connection connection) {
    Connection kept =
        proxy(
            Connection.class,
            (_, method, arguments) -> {
              if (method.getName().equals("close")) {
                return null;
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
    return proxy(DataSource.class, (_, _, _) -> kept);
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(OldLogTest.class.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
