package com.gyroscops.payments.write.outbox.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Claim;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Heard;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Standing;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Subscriber;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What counts of all that subscribers say, as two write-servers save it, on a real PostgreSQL. */
class PostgresProgressTest {

  /** A while ahead: what is heard then is young, however long a test takes to look at it. */
  private static final Duration NOW = Duration.ofMinutes(-1);

  /** Before that, in any case, and young as well. */
  private static final Duration BEFORE = NOW.plusSeconds(30);

  private static final Duration SILENT = SubscriberProgress.SILENCE_MAX.plusSeconds(1);

  private static HikariDataSource pool;

  private PostgresProgress one;
  private PostgresProgress other;

  @BeforeAll
  static void open() {
    pool = TestDatabase.open();
  }

  @AfterAll
  static void close() {
    pool.close();
  }

  @BeforeEach
  void empty() throws SQLException {
    one = new PostgresProgress(pool);
    other = new PostgresProgress(pool);
    execute("truncate subscribers cascade");
  }

  private static void execute(String sql) throws SQLException {
    try (var connection = pool.getConnection();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Claim claim(long fence, long session, long visible) {
    return new Claim(fence, session, "epoch", visible, visible, 0, true);
  }

  private static Claim ended(long fence, long session) {
    return new Claim(fence, session, "epoch", 9, 0, 0, false);
  }

  private static Heard heard(String replica, Claim claim, Duration age) {
    return new Heard(new Subscriber("sql", replica), claim, age, false);
  }

  private static Heard heard(String replica, Claim claim) {
    return heard(replica, claim, NOW);
  }

  private static void save(PostgresProgress by, Heard... heard) {
    by.save(Arrays.asList(heard));
  }

  private Standing sql() {
    return one.standings(List.of("sql", "redis")).getFirst();
  }

  private void assertVisible(long position) {
    assertThat(sql()).isEqualTo(new Standing("sql", true, "epoch", position, 0));
  }

  @Test
  void whatOneServerHearsAllOthersSee() {
    assertThat(one.standings(List.of("sql", "redis"))).isEmpty();
    save(one, heard("a", claim(1, 1, 5)));
    assertThat(other.standings(List.of("sql", "redis")))
        .containsExactly(new Standing("sql", true, "epoch", 5, 0));
    save(other, heard("a", new Claim(1, 2, "epoch-2", 7, 6, 3, true)));
    assertThat(one.standings(List.of("sql")))
        .containsExactly(new Standing("sql", true, "epoch-2", 6, 3));
    assertThat(one.standings(List.of("redis"))).isEmpty();
  }

  @Test
  void manyAreSavedAtOnce() {
    one.save(
        List.of(
            new Heard(new Subscriber("redis", "a"), claim(1, 1, 4), NOW, true),
            heard("a", claim(1, 1, 5)),
            heard("b", claim(2, 1, 6))));
    assertThat(other.standings(List.of("sql", "redis")))
        .containsExactly(
            new Standing("redis", true, "epoch", 4, 0), new Standing("sql", true, "epoch", 6, 0));
  }

  @Test
  void theHighestFenceCountsAndNotTheHighestPosition() {
    save(one, heard("a", claim(1, 9, 100)));
    save(other, heard("b", claim(2, 1, 7)));
    assertVisible(7);
    // Who was replaced and has not noticed is not believed.
    save(one, heard("a", claim(1, 9, 101)));
    assertVisible(7);
  }

  @Test
  void aSourceThatWasRebuiltStandsFurtherBack() {
    save(one, heard("a", claim(1, 1, 100)));
    save(other, heard("a", claim(1, 2, 0)));
    assertVisible(0);
  }

  @Test
  void whatWasSaidBeforeTheNewestSubscriptionDoesNotComeBack() {
    save(other, heard("a", claim(1, 2, 0)));
    // Heard before, but saved after: by a server that was slow.
    save(one, heard("a", claim(1, 1, 100), BEFORE));
    assertVisible(0);
    save(one, heard("a", claim(1, 1, 100)));
    assertVisible(0);
  }

  @Test
  void whatWasSaidInASubscriptionThatEndedDoesNotCountNorComeBack() {
    save(one, heard("a", claim(1, 1, 100)));
    save(one, heard("a", ended(1, 1)));
    assertThat(sql().live()).isFalse();
    save(other, heard("a", claim(1, 0, 100), BEFORE));
    assertThat(sql().live()).isFalse();
  }

  @Test
  void aReplacedKeeperDoesNotCountThoughItsSuccessorHasEnded() {
    save(one, heard("a", claim(1, 1, 100)));
    save(other, heard("b", ended(2, 1)));
    assertThat(sql().live()).isFalse();
  }

  @Test
  void whoIsSilentIsNotKnownToKeepTheSource() {
    save(one, heard("a", claim(1, 1, 100), SILENT));
    assertThat(sql().live()).isFalse();
    save(one, heard("a", claim(1, 1, 100)));
    assertVisible(100);
  }

  @Test
  void fencesThatBeginAnewCountOnceTheOldOnesAreForgotten() {
    // The same replica, after a restart: who was silent, or ended, hinders nobody.
    save(one, heard("a", claim(70, 9, 100), SILENT));
    save(one, heard("a", claim(1, 1, 5)));
    assertVisible(5);
    save(one, heard("a", ended(70, 10)));
    save(one, heard("a", claim(1, 2, 6)));
    assertVisible(6);
    // Another replica's old fence.
    save(one, heard("b", claim(70, 1, 100), SILENT));
    assertThat(sql().live()).isFalse();
    save(
        one,
        heard("c", claim(70, 1, 100), SubscriberProgress.FENCE_MEMORY.plusSeconds(1)),
        heard("a", claim(1, 2, 7)));
    assertThat(sql().live()).isFalse();
    one.removeSilent(SILENT.minusMillis(500));
    assertVisible(7);
  }

  @Test
  void thoseWhoSaidNothingForLongAreRemoved() {
    save(one, heard("a", claim(1, 1, 1), Duration.ofHours(25)), heard("b", claim(1, 1, 1)));
    assertThat(one.removeSilent(Duration.ofDays(1))).isEqualTo(1);
    assertThat(one.removeSilent(Duration.ofDays(1))).isZero();
    assertVisible(1);
  }

  @Test
  void onlyWhatIsLastingWaitsForTheDisk() throws SQLException {
    execute(
        "create function note_commit() returns trigger language plpgsql as $$"
            + " begin new.epoch := current_setting('synchronous_commit'); return new; end $$");
    execute(
        "create trigger note before insert or update on subscriber_progress_versions"
            + " for each row execute function note_commit()");
    try {
      save(one, heard("a", claim(1, 1, 1)));
      assertThat(sql().epoch()).isEqualTo("off");
      save(one, new Heard(new Subscriber("sql", "a"), claim(1, 1, 2), NOW, true));
      assertThat(sql().epoch()).isEqualTo("on");
    } finally {
      execute("drop function note_commit cascade");
    }
  }
}
