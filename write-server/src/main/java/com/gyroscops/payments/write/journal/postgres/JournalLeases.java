package com.gyroscops.payments.write.journal.postgres;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.journal.JournalLease;
import io.micronaut.data.annotation.Query;
import io.micronaut.data.connection.exceptions.ConnectionException;
import io.micronaut.data.connection.jdbc.exceptions.CannotGetJdbcConnectionException;
import io.micronaut.data.exceptions.DataAccessException;
import io.micronaut.data.jdbc.annotation.JdbcRepository;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.repository.GenericRepository;
import io.micronaut.transaction.exceptions.TransactionException;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** The lease in the write database. Time is the database's own: servers' clocks do not matter. */
@JdbcRepository(dialect = Dialect.POSTGRES)
interface JournalLeases extends GenericRepository<JournalLeaseRow, String>, JournalLease {

  @Query(
      value =
          """
          with taken as (
            insert into journal_lease as l (name, holder, fence, expires_at)
            values ('main', :holder, 1, clock_timestamp() + :millis * interval '1 millisecond')
            on conflict (name) do update
              set holder = excluded.holder, fence = l.fence + 1, expires_at = excluded.expires_at
              where l.expires_at <= clock_timestamp() or l.holder = excluded.holder
            returning fence)
          select fence from taken
          """,
      readOnly = false)
  List<Long> takeFor(String holder, long millis);

  @Query(
      """
      update journal_lease
      set expires_at = clock_timestamp() + :millis * interval '1 millisecond', position = :position
      where name = 'main' and holder = :holder and fence = :fence
      """)
  long extend(String holder, long fence, long position, long millis);

  @Query(
      """
      update journal_lease set expires_at = '-infinity'
      where name = 'main' and holder = :holder and fence = :fence
      """)
  long expire(String holder, long fence);

  @Query("select position from journal_lease where name = 'main'")
  List<Long> positions();

  @Query(
      """
      select position from journal_lease
      where name = 'main' and holder <> :holder and expires_at > clock_timestamp()
      """)
  List<Long> positionsOfAnother(String holder);

  @Override
  default OptionalLong take(String holder) {
    return asked(() -> takeFor(holder, TTL.toMillis())).stream()
        .mapToLong(Long::longValue)
        .findFirst();
  }

  @Override
  default boolean renew(String holder, long fence, long position) {
    return asked(() -> extend(holder, fence, position, TTL.toMillis())) == 1;
  }

  @Override
  default void release(String holder, long fence) {
    asked(() -> expire(holder, fence));
  }

  @Override
  default long position() {
    return asked(this::positions).stream().mapToLong(Long::longValue).findFirst().orElse(0);
  }

  @Override
  default OptionalLong positionOfAnother(String holder) {
    return asked(() -> positionsOfAnother(holder)).stream().mapToLong(Long::longValue).findFirst();
  }

  /** Asks the database, whose failures are the store's. */
  static <T> T asked(Supplier<T> question) {
    try {
      return question.get();
    } catch (DataAccessException
        | TransactionException
        | ConnectionException
        | CannotGetJdbcConnectionException e) {
      throw new StoreUnavailableException("cannot ask for the journal's lease", e);
    }
  }
}
