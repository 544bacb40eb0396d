package com.gyroscops.payments.write.outbox.postgres;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import io.micronaut.data.annotation.Query;
import io.micronaut.data.connection.exceptions.ConnectionException;
import io.micronaut.data.connection.jdbc.exceptions.CannotGetJdbcConnectionException;
import io.micronaut.data.exceptions.DataAccessException;
import io.micronaut.data.jdbc.annotation.JdbcRepository;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.transaction.exceptions.TransactionException;
import java.time.Duration;

/** The table of subscribers' positions. */
@JdbcRepository(dialect = Dialect.POSTGRES)
interface SubscriberPositions
    extends CrudRepository<SubscriberPosition, SubscriberPosition.Id>, SubscriberProgress.Store {

  @Query(
      """
      insert into subscriber_progress (source, subscriber, position, updated_at)
      values (:source, :subscriber, :position, now())
      on conflict (source, subscriber)
      do update set position = excluded.position, updated_at = excluded.updated_at
      """)
  void upsert(String source, String subscriber, long position);

  @Query(
      "delete from subscriber_progress where updated_at < now() - :seconds * interval '1 second'")
  long deleteSilent(long seconds);

  @Override
  default void save(String source, String subscriber, long position) {
    try {
      upsert(source, subscriber, position);
    } catch (DataAccessException
        | TransactionException
        | ConnectionException
        | CannotGetJdbcConnectionException e) {
      throw new StoreUnavailableException("cannot save progress: " + e.getMessage(), e);
    }
  }

  @Override
  default long removeSilent(Duration silentMax) {
    try {
      return deleteSilent(silentMax.toSeconds());
    } catch (DataAccessException
        | TransactionException
        | ConnectionException
        | CannotGetJdbcConnectionException e) {
      throw new StoreUnavailableException("cannot remove progress: " + e.getMessage(), e);
    }
  }
}
