package com.gyroscops.payments.write.eventstore.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.Chain.Entry;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.EventStoreContract;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PostgresEventStoreTest extends EventStoreContract {

  private final List<HikariDataSource> pools = new ArrayList<>();

  @Override
  protected EventStore store() {
    return new PostgresEventStore(open(), "test");
  }

  private HikariDataSource open() {
    HikariDataSource pool = TestDatabase.open();
    pools.add(pool);
    return pool;
  }

  @AfterEach
  void closePools() {
    pools.forEach(HikariDataSource::close);
  }

  private static Chain creation(String id) {
    return new Chain(
        new PaymentKey("acme", id),
        0,
        List.of(
            new Entry.Accepted(
                Keys.request("acme", id),
                new UUID(1, 1),
                PaymentEvent.newBuilder()
                    .setEventId(UUID.randomUUID().toString())
                    .setVersion(1)
                    .build())));
  }

  @Test
  void outcomesSurviveOneRotationAndAreForgottenByTheSecond() throws SQLException {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    store.append(List.of(creation("a")));
    rotate(pool);
    assertThat(store.request(Keys.request("acme", "a"))).isPresent();
    store.append(List.of(creation("b")));
    rotate(pool);
    assertThat(store.request(Keys.request("acme", "a"))).isEmpty();
    assertThat(store.request(Keys.request("acme", "b"))).isPresent();
  }

  @Test
  void outcomesAreNotRotatedBeforeTheirTime() {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    store.append(List.of(creation("a")));
    LogMaintenance maintenance = new LogMaintenance(pool, Duration.ofDays(1), 10_000_000);
    maintenance.forgetOldRequests();
    maintenance.forgetOldRequests();
    assertThat(store.request(Keys.request("acme", "a"))).isPresent();
  }

  @Test
  void eventsGoOnIntoTheNextPartition() throws SQLException {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    execute(pool, "update log_positions set position = 9999999");
    new LogMaintenance(pool, Duration.ofDays(1), 10_000_000).makePartitions();
    store.append(List.of(creation("a"), creation("b")));
    assertThat(store.read(9_999_999, 10, 1_000)).hasSize(2);
  }

  @Test
  void aNewEpochIsSeenByTheNextAppend() throws SQLException {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    String before = store.append(List.of(creation("a"))).epoch();
    execute(pool, "select new_epoch()");
    assertThat(store.append(List.of(creation("b"))).epoch())
        .isNotEqualTo(before)
        .isEqualTo(store.head().epoch());
  }

  private static void rotate(HikariDataSource pool) throws SQLException {
    execute(pool, "select rotate_request_outcomes(interval '0')");
  }

  private static void execute(HikariDataSource pool, String sql) throws SQLException {
    try (var connection = pool.getConnection();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
