package com.gyroscops.payments.write.payment;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * State of a payment: what its events so far add up to. Each state holds just what exists in it, so
 * a refund of a failed payment cannot even be written down.
 */
public sealed interface Payment {

  /** Number of events so far; 0: there is no payment. */
  long version();

  /** No event yet. */
  record Absent() implements Payment {
    @Override
    public long version() {
      return 0;
    }
  }

  /** At least created. */
  sealed interface Existing extends Payment {
    Facts facts();

    @Override
    default long version() {
      return facts().version();
    }
  }

  /**
   * What every payment has.
   *
   * @param amount what the payer owes; positive; never changes
   * @param correlationId business process it belongs to; may be empty
   * @param effectiveAt business time of the creation
   * @param createdAt when the creation was recorded
   * @param updatedAt when the newest change was recorded
   */
  record Facts(
      PaymentKey key,
      long version,
      Money amount,
      Description description,
      String correlationId,
      Instant effectiveAt,
      Instant createdAt,
      Instant updatedAt) {

    public Facts {
      if (version < 1) {
        throw new IllegalArgumentException("an existing payment of version " + version);
      }
      if (amount.minorUnits() == 0) {
        throw new IllegalArgumentException("a payment of nothing");
      }
    }

    /** One version on. */
    Facts next(Description changed, Instant at) {
      return new Facts(
          key, version + 1, amount, changed, correlationId, effectiveAt, createdAt, at);
    }

    /** One version on, described as before. */
    Facts next(Instant at) {
      return next(description, at);
    }
  }

  /** Not yet decided by the provider. */
  record Processing(Facts facts) implements Existing {}

  /**
   * The money was taken; some or all of it may have gone back.
   *
   * @param completedAt business time of the completion
   * @param refunds in the order they were made; never more in sum than the amount
   */
  record Completed(Facts facts, Instant completedAt, List<Refund> refunds) implements Existing {

    /** Most refunds of one payment: each event carries them all. */
    public static final int REFUNDS_MAX = 100;

    public Completed {
      refunds = List.copyOf(refunds);
      if (refunded(facts, refunds).exceeds(facts.amount())) {
        throw new IllegalArgumentException("more refunded than taken: " + facts.key());
      }
    }

    /** Sum of the refunds. */
    public Money refunded() {
      return refunded(facts, refunds);
    }

    /** What can still go back. */
    public Money remaining() {
      return facts.amount().minus(refunded());
    }

    private static Money refunded(Facts facts, List<Refund> refunds) {
      return refunds.stream()
          .map(Refund::amount)
          .reduce(Money.zero(facts.amount().currency()), Money::plus);
    }
  }

  /** The provider refused, or the attempt broke. */
  record Failed(Facts facts, Failure failure) implements Existing {}

  /**
   * Withdrawn before any money was taken.
   *
   * @param failure if it had failed before
   */
  record Deleted(Facts facts, @Nullable Failure failure) implements Existing {}
}
