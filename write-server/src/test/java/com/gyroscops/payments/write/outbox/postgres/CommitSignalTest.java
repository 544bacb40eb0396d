package com.gyroscops.payments.write.outbox.postgres;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.platform.jdbc.PrimaryDataSource;
import com.gyroscops.payments.stack.process.StallingProxy;
import com.gyroscops.payments.write.eventstore.Creations;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.gyroscops.payments.write.outbox.OutboxTail;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** The connection that listens, when no packet passes it any more and nobody ends it. */
class CommitSignalTest {

  @Test
  void a_connection_that_nothing_is_heard_from_is_replaced_and_commits_are_polled_for_meanwhile()
      throws Exception {
    try (HikariDataSource direct = TestDatabase.open()) {
      URI database = URI.create(direct.getJdbcUrl().substring("jdbc:".length()));
      EventStore store = new PostgresEventStore(direct, "other");
      try (StallingProxy proxy = StallingProxy.to(database.getPort());
          HikariDataSource stalling = pool(proxy.port(), database.getPath());
          OutboxTail tail = new OutboxTail(store);
          CommitSignal _ =
              new CommitSignal(
                  new PrimaryDataSource(stalling),
                  tail,
                  new SubscriberProgress(new PostgresProgress(direct), System::nanoTime),
                  "this",
                  Duration.ofMillis(200),
                  Duration.ofMillis(500))) {
        await(() -> listeners(direct) == 1);

        proxy.stall();
        store.append(EventStore.ANY_EPOCH, List.of(Creations.of("while it is stalled")));
        await(() -> tail.seen() == 1);
        // The connection that was given up, and another.
        await(() -> proxy.connections() > 1);

        proxy.resume();
        await(() -> listeners(direct) == 1 && proxy.connections() == 1);
      }
    }
  }

  @Test
  void a_call_for_haste_is_heard_by_servers_at_which_nobody_waits() {
    try (HikariDataSource database = TestDatabase.open();
        OutboxTail tail = new OutboxTail(new PostgresEventStore(database, "other"))) {
      PostgresProgress store = new PostgresProgress(database);
      // Its clock stands still: what was heard once is not forgotten.
      SubscriberProgress progress = new SubscriberProgress(store, () -> 7);
      AtomicBoolean woken = new AtomicBoolean();
      progress.onHaste(() -> woken.set(true));
      try (CommitSignal _ =
          new CommitSignal(new PrimaryDataSource(database), tail, progress, "this")) {
        assertThat(progress.isHurried()).isFalse();
        await(() -> {
          // Again until it listens.
          store.callForHaste();
          return progress.isHurried() && woken.get();
        });
      }
    }
  }

  @Test
  void such_a_connection_is_given_up_within_half_a_minute() {
    assertThat(CommitSignal.ASK_EVERY.plus(CommitSignal.ANSWER_MAX))
        .isLessThan(Duration.ofSeconds(30));
  }

  private static HikariDataSource pool(int port, String path) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + port + path);
    config.setUsername("postgres");
    config.setMaximumPoolSize(1);
    // Its first connection, too, may take longer than one may.
    config.setInitializationFailTimeout(-1);
    config.setConnectionTimeout(1_000);
    config.setValidationTimeout(500);
    config.addDataSourceProperty("ApplicationName", "listener");
    config.addDataSourceProperty("loginTimeout", "1");
    return new HikariDataSource(config);
  }

  /** Sessions that have asked something, which is to listen. */
  private static int listeners(HikariDataSource direct) {
    return new com.gyroscops.payments.write.postgres.Database(direct)
        .row(
            "count listeners",
            "select count(*) from pg_stat_activity where application_name = 'listener'"
                + " and query in ('listen payments_progress', 'select')",
            _ -> {},
            row -> row.getInt(1))
        .orElseThrow();
  }

  private static void await(BooleanSupplier condition) {
    eventually("in time", Duration.ofMinutes(2), condition::getAsBoolean);
  }
}
