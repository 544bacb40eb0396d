package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * The right to keep a sink, and how far that has come, both known to every write-server. Whoever
 * holds the right may lose it without noticing: what then keeps two from writing is the sink's own,
 * such as a lock. For concurrent use.
 *
 * <p>All methods block, and throw {@link StoreUnavailableException} when the store does not answer.
 */
public interface SinkLease {

  /** How long a lease outlives its last renewal: how long a dead holder holds others off. */
  Duration TTL = Duration.ofSeconds(5);

  /** Time between renewals: several may fail before the lease is lost. */
  Duration RENEW_EVERY = Duration.ofSeconds(1);

  /**
   * Takes the lease.
   *
   * @param holder unique name of the taker, who may hold it already
   * @return its fence, another one each time; empty: another holds it
   */
  OptionalLong take(String holder);

  /**
   * Extends the lease.
   *
   * @param position up to which the sink is durable
   * @return false: it is another's now
   */
  boolean renew(String holder, long fence, long position);

  /** Gives the lease up, so that another takes it at once. Without effect if it is another's. */
  void release(String holder, long fence);

  /** Up to where the sink is durable, as its keeper last said; 0: none has said. */
  long position();

  /** The same, if another than {@code holder} has the lease now. */
  OptionalLong positionOfAnother(String holder);
}
