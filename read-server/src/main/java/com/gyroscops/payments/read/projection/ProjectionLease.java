package com.gyroscops.payments.read.projection;

import com.gyroscops.payments.read.source.SourceUnavailableException;
import io.micronaut.data.connection.exceptions.ConnectionException;
import io.micronaut.data.connection.jdbc.exceptions.CannotGetJdbcConnectionException;
import io.micronaut.data.exceptions.DataAccessException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * The right to project one source. Whoever holds it may lose it without noticing; the fence, which
 * the source checks with every change, keeps a former holder from doing harm. For one thread.
 */
public final class ProjectionLease {

  /**
   * How long a lease outlives its last renewal, that is, how long a dead holder holds others off.
   */
  static final Duration TTL = Duration.ofSeconds(5);

  /** Time between renewals: several may fail before the lease is lost. */
  static final Duration RENEW_EVERY = Duration.ofSeconds(1);

  private final LeaseRepository leases;
  private final String name;
  private final String holder;

  /**
   * @param name of the source
   * @param holder unique name of this replica
   */
  ProjectionLease(LeaseRepository leases, String name, String holder) {
    this.leases = leases;
    this.name = name;
    this.holder = holder;
  }

  /** Takes the lease: its fence; empty: another holds it. */
  OptionalLong take() throws SourceUnavailableException {
    return asked(() -> leases.take(name, holder, TTL.toMillis())).stream()
        .mapToLong(Long::longValue)
        .findFirst();
  }

  /** Extends the lease; false: it is another's now. */
  boolean renew(long fence) throws SourceUnavailableException {
    return asked(() -> leases.renew(name, holder, fence, TTL.toMillis())) == 1;
  }

  /** Gives the lease up, so that another replica takes it at once. */
  void release(long fence) throws SourceUnavailableException {
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
