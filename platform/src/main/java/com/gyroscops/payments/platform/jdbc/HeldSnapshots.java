package com.gyroscops.payments.platform.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the oldest snapshot that holds back the removal of dead rows in a database. Not for
 * concurrent use.
 */
public final class HeldSnapshots {

  /** Younger ones are nothing to speak of: the servers' own transactions last seconds. */
  public static final Duration AGE_MAX = Duration.ofMinutes(1);

  /**
   * The one that reaches back farthest, in transactions. What a role may not see of others'
   * sessions is null, their age included. A vacuum's own snapshot holds nothing back.
   */
  private static final String OLDEST =
      """
      select kind, pid, name, mark, since
      from (
        select case backend_type when 'walsender' then 'STANDBY' else 'SESSION' end as kind,
          pid, application_name as name, coalesce(backend_xmin, backend_xid)::text as mark,
          extract(epoch from clock_timestamp() - xact_start) as since,
          greatest(age(backend_xmin), age(backend_xid)) as reach
        from pg_stat_activity
        where (backend_xmin is not null or backend_xid is not null)
          and pid <> pg_backend_pid()
          and (datname = current_database() or backend_type = 'walsender')
          and not (backend_type = 'autovacuum worker' and query like 'autovacuum: VACUUM%')
        union all
        select 'REPLICATION_SLOT', active_pid, slot_name, xmin::text, null, age(xmin)
        from pg_replication_slots where xmin is not null
        union all
        select 'PREPARED_TRANSACTION', null, gid, transaction::text,
          extract(epoch from clock_timestamp() - prepared), age(transaction)
        from pg_prepared_xacts where database = current_database()) holder
      order by reach desc
      limit 1
      """;

  private final DataSource dataSource;
  private final LongSupplier nanoTime;

  /** What was seen last, and since when it has not moved. */
  private @Nullable Mark last;

  private record Mark(String holder, String transaction, long sinceNanos) {}

  /**
   * @param dataSource bounds how long connecting and each statement may take
   * @param nanoTime as {@link System#nanoTime}
   */
  public HeldSnapshots(DataSource dataSource, LongSupplier nanoTime) {
    this.dataSource = dataSource;
    this.nanoTime = nanoTime;
  }

  /**
   * The oldest one there is.
   *
   * @throws SQLException if the database does not answer
   */
  public Optional<HeldSnapshot> oldest() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(OLDEST);
        ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        last = null;
        return Optional.empty();
      }
      HeldSnapshot.Kind kind = HeldSnapshot.Kind.valueOf(row.getString(1));
      int pid = row.getInt(2);
      String name = Objects.requireNonNullElse(row.getString(3), "");
      Duration seen = seen(kind + " " + pid + " " + name, row.getString(4));
      double told = row.getDouble(5);
      Duration age = row.wasNull() ? seen : Duration.ofMillis(Math.round(told * 1_000));
      return Optional.of(new HeldSnapshot(kind, pid, name, age));
    }
  }

  private Duration seen(String holder, String transaction) {
    long now = nanoTime.getAsLong();
    Mark mark = last;
    if (mark == null || !mark.holder().equals(holder) || !mark.transaction().equals(transaction)) {
      mark = new Mark(holder, transaction, now);
      last = mark;
    }
    return Duration.ofNanos(now - mark.sinceNanos());
  }
}
