package com.gyroscops.payments.read.projection;

import com.gyroscops.payments.read.source.SourceUnavailableException;
import io.micronaut.data.connection.exceptions.ConnectionException;
import io.micronaut.data.connection.jdbc.exceptions.CannotGetJdbcConnectionException;
import io.micronaut.data.exceptions.DataAccessException;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** The right to project a source that all replicas share, kept in the read database. */
final class DatabaseLease implements ProjectionLease {

  private final LeaseRepository leases;
  private final String name;
  private final String holder;

  /**
   * @param name of the source
   * @param holder unique name of this replica
   */
  DatabaseLease(LeaseRepository leases, String name, String holder) {
    this.leases = leases;
    this.name = name;
    this.holder = holder;
  }

  @Override
  public OptionalLong take() throws SourceUnavailableException {
    return asked(() -> leases.take(name, holder, TTL.toMillis())).stream()
        .mapToLong(Long::longValue)
        .findFirst();
  }

  @Override
  public boolean renew(long fence) throws SourceUnavailableException {
    return asked(() -> leases.renew(name, holder, fence, TTL.toMillis())) == 1;
  }

  @Override
  public void release(long fence) throws SourceUnavailableException {
    asked(() -> leases.release(name, holder, fence));
  }

  private static <T> T asked(Supplier<T> question) throws SourceUnavailableException {
    try {
      return question.get();
    } catch (DataAccessException | ConnectionException | CannotGetJdbcConnectionException e) {
      throw new SourceUnavailableException("the lease cannot be asked for", e);
    }
  }
}
