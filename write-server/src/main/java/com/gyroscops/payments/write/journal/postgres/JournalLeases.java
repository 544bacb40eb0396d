package com.gyroscops.payments.write.journal.postgres;

import com.gyroscops.payments.platform.jdbc.LeaseSql;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.outbox.SinkLease;
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
interface JournalLeases extends GenericRepository<JournalLeaseRow, String>, SinkLease {

  /** The only lease in its table. */
  String NAME = "main";

  @Query(value = LeaseSql.TAKE_FROM + "journal_lease" + LeaseSql.TAKE, readOnly = false)
  List<Long> take(String name, String holder, long millis);

  @Query("update journal_lease" + LeaseSql.EXTEND + ", position = :position" + LeaseSql.IF_HELD)
  long extend(String name, String holder, long fence, long position, long millis);

  @Query("update journal_lease" + LeaseSql.EXPIRE + LeaseSql.IF_HELD)
  long expire(String name, String holder, long fence);

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
    return asked(() -> take(NAME, holder, TTL.toMillis())).stream()
        .mapToLong(Long::longValue)
        .findFirst();
  }

  @Override
  default boolean renew(String holder, long fence, long position) {
    return asked(() -> extend(NAME, holder, fence, position, TTL.toMillis())) == 1;
  }

  @Override
  default void release(String holder, long fence) {
    asked(() -> expire(NAME, holder, fence));
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
