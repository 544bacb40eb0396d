package com.gyroscops.payments.write.eventstore.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.Creations;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.EventStoreContract;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
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

  @Test
  void outcomesSurviveOneRotationAndAreForgottenByTheSecond() throws SQLException {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    store.append(EventStore.ANY_EPOCH, List.of(Creations.of("a")));
    rotate(pool);
    assertThat(store.request(Keys.request("acme", "a"))).isPresent();
    store.append(EventStore.ANY_EPOCH, List.of(Creations.of("b")));
    rotate(pool);
    assertThat(store.request(Keys.request("acme", "a"))).isEmpty();
    assertThat(store.request(Keys.request("acme", "b"))).isPresent();
  }

  @Test
  void outcomesAreNotRotatedBeforeTheirTime() {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    store.append(EventStore.ANY_EPOCH, List.of(Creations.of("a")));
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
    store.append(EventStore.ANY_EPOCH, List.of(Creations.of("a"), Creations.of("b")));
    assertThat(store.read(9_999_999, 10, 1_000).events()).hasSize(2);
  }

  @Test
  void whereNoPartitionIsLeftTheStoreIsUnavailableUntilOneIsMade() throws SQLException {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    LogMaintenance maintenance = new LogMaintenance(pool, Duration.ofDays(1), 10_000_000);
    long last = maintenance.room();
    execute(pool, "update log_positions set position = " + last);
    List<Chain> chains = List.of(Creations.of("a"));
    assertThatThrownBy(() -> store.append(EventStore.ANY_EPOCH, chains))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("no partition");
    assertThat(store.head().position()).isEqualTo(last);
    maintenance.makePartitions();
    store.append(EventStore.ANY_EPOCH, chains);
    assertThat(store.head().position()).isEqualTo(last + 1);
  }

  @Test
  void aNewEpochIsSeenByTheNextAppend() throws SQLException {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    String before = store.append(EventStore.ANY_EPOCH, List.of(Creations.of("a"))).epoch();
    execute(pool, "select new_epoch()");
    assertThat(store.append(EventStore.ANY_EPOCH, List.of(Creations.of("b"))).epoch())
        .isNotEqualTo(before)
        .isEqualTo(store.head().epoch());
  }

  @Test
  void anotherServerIsALaterHistoryOnceTheHeadIsRead() throws SQLException {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    store.append(EventStore.ANY_EPOCH, List.of(Creations.of("a")));
    LogHead before = store.head();
    assertThat(store.head()).isEqualTo(before);
    execute(pool, "update histories set incarnation = 'another server'");
    LogHead after = store.head();
    assertThat(after.position()).isEqualTo(1);
    assertThat(after.epoch()).isNotEqualTo(before.epoch());
    assertThat(after.lineage().ancestors())
        .containsExactly(new Lineage.Ancestor(before.epoch(), 1));
    assertThat(store.head()).isEqualTo(after);
  }

  /** Nothing is told under the epoch before, whatever is asked first. */
  @Test
  void whateverIsAskedFirstOfAnotherServerIsAnsweredInItsHistory() throws SQLException {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    String epoch = store.append(EventStore.ANY_EPOCH, List.of(Creations.of("a"))).epoch();
    List<Supplier<String>> questions =
        List.of(
            () -> store.head().epoch(),
            () -> store.read(0, 10, 1_000).epoch(),
            () -> store.read(1, 10, 1_000).epoch(),
            () -> store.newest(List.of()).head().epoch(),
            () -> store.newest(List.of(new PaymentKey("acme", "a"))).head().epoch(),
            () -> accepted(store.request(Keys.request("acme", "a"))).epoch(),
            () ->
                accepted(
                        store.close(
                            Keys.request("acme", "a"),
                            new UUID(1, 1),
                            CommandError.getDefaultInstance()))
                    .epoch(),
            () -> store.append(epoch, List.of(Creations.of("b"))).epoch());
    Set<String> epochs = new HashSet<>(Set.of(epoch));
    for (Supplier<String> question : questions) {
      execute(pool, "update histories set incarnation = 'yet another server'");
      assertThat(epochs.add(question.get())).as("a new epoch").isTrue();
    }
    assertThat(store.head().lineage().ancestors()).hasSize(questions.size());
    assertThat(store.head().position()).as("what was decided in another").isEqualTo(1);
  }

  @Test
  void theOldestHistoryAndTheNewestOnesAreTold() throws SQLException {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    String origin = store.head().epoch();
    List<String> epochs = new ArrayList<>();
    for (int i = 0; i < Lineage.ANCESTORS_MAX + 10; i++) {
      store.append(EventStore.ANY_EPOCH, List.of(Creations.of("p" + i)));
      execute(pool, "select new_epoch()");
      epochs.add(store.head().epoch());
    }
    List<Lineage.Ancestor> ancestors = store.head().lineage().ancestors();
    assertThat(ancestors).hasSize(Lineage.ANCESTORS_MAX);
    assertThat(ancestors.getFirst()).isEqualTo(new Lineage.Ancestor(origin, 1));
    assertThat(ancestors.getLast())
        .isEqualTo(
            new Lineage.Ancestor(epochs.get(epochs.size() - 2), Lineage.ANCESTORS_MAX + 10L));
  }

  @Test
  void whoNotesAHistoryAtOnceNotesOne() throws Exception {
    HikariDataSource pool = open();
    EventStore store = new PostgresEventStore(pool, "test");
    String before = store.head().epoch();
    execute(pool, "update histories set incarnation = 'another server'");
    List<Callable<String>> askers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Chain creation = Creations.of("p" + i);
      askers.add(() -> store.head().epoch());
      askers.add(() -> store.append(EventStore.ANY_EPOCH, List.of(creation)).epoch());
    }
    Set<String> told = new HashSet<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<String> each : threads.invokeAll(askers)) {
        told.add(each.get());
      }
    }
    assertThat(told).hasSize(1).doesNotContain(before);
    assertThat(store.head().lineage().ancestors()).hasSize(1);
  }

  private static KnownRequest.Accepted accepted(Optional<KnownRequest> known) {
    return (KnownRequest.Accepted) known.orElseThrow();
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
