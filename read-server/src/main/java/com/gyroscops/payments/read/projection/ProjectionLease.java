package com.gyroscops.payments.read.projection;

import com.gyroscops.payments.read.source.SourceUnavailableException;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * The right to project one source. Whoever holds it may lose it without noticing; the fence, which
 * the source checks with every change, keeps a former holder from doing harm. For concurrent use.
 */
interface ProjectionLease {

  /**
   * How long a lease outlives its last renewal, that is, how long a dead holder holds others off.
   */
  Duration TTL = Duration.ofSeconds(5);

  /** Time between renewals: several may fail before the lease is lost. */
  Duration RENEW_EVERY = Duration.ofSeconds(1);

  /** Takes the lease: its fence; empty: another holds it. */
  OptionalLong take() throws SourceUnavailableException;

  /** Extends the lease; false: it is another's now. */
  boolean renew(long fence) throws SourceUnavailableException;

  /** Gives the lease up, so that another replica takes it at once. */
  void release(long fence) throws SourceUnavailableException;
}
