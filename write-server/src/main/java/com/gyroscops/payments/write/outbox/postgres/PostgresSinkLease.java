package com.gyroscops.payments.write.outbox.postgres;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.outbox.SinkLease;
import io.micronaut.data.connection.exceptions.ConnectionException;
import io.micronaut.data.connection.jdbc.exceptions.CannotGetJdbcConnectionException;
import io.micronaut.data.exceptions.DataAccessException;
import io.micronaut.transaction.exceptions.TransactionException;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * The lease of one sink.
 *
 * @param sink its name
 */
record PostgresSinkLease(SinkLeases leases, String sink) implements SinkLease {

  @Override
  public OptionalLong take(String holder) {
    return first(asked(() -> leases.take(sink, holder, TTL.toMillis())));
  }

  @Override
  public boolean renew(String holder, long fence, long position) {
    return asked(() -> leases.extend(sink, holder, fence, position, TTL.toMillis())) == 1;
  }

  @Override
  public void release(String holder, long fence) {
    asked(() -> leases.expire(sink, holder, fence));
  }

  @Override
  public long position() {
    return first(asked(() -> leases.positions(sink))).orElse(0);
  }

  @Override
  public OptionalLong positionOfAnother(String holder) {
    return first(asked(() -> leases.positionsOfAnother(sink, holder)));
  }

  private static OptionalLong first(List<Long> found) {
    return found.stream().mapToLong(Long::longValue).findFirst();
  }

  /** Asks the database, whose failures are the store's. */
  private <T> T asked(Supplier<T> question) {
    try {
      return question.get();
    } catch (DataAccessException
        | TransactionException
        | ConnectionException
        | CannotGetJdbcConnectionException e) {
      throw new StoreUnavailableException("cannot ask for the lease of the " + sink, e);
    }
  }
}
