package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.PaymentStatus;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One page of a search. All filters must match; an empty one matches everything.
 *
 * @param statuses any of these; empty: all but DELETED
 * @param currencies any of these
 * @param amount minor units, both ends inclusive
 * @param effectiveAt business time of the creation, microseconds, end exclusive
 * @param updateAt time of the newest change, microseconds, end exclusive
 * @param metadata pairs that all must be among the payment's
 * @param after key of the last payment of the page before; null: from the start
 * @param limit most payments to return, 1 or more
 * @param countMax count all matches up to this many; 0: do not count
 */
public record PaymentSearch(
    String organizationId,
    String userId,
    Set<PaymentStatus> statuses,
    Set<String> currencies,
    Span amount,
    Span effectiveAt,
    Span updateAt,
    String merchantReference,
    String providerReference,
    String correlationId,
    Map<String, String> metadata,
    Sort sort,
    boolean ascending,
    @Nullable Key after,
    int limit,
    int countMax) {

  /** What the payments are ordered by; ties by payment id, in the same direction. */
  public enum Sort {
    EFFECTIVE_TIME,
    UPDATE_TIME,
    /** Only with exactly one currency. */
    AMOUNT
  }

  /**
   * A span of whole numbers.
   *
   * @param min null: open
   * @param max null: open
   */
  public record Span(@Nullable Long min, @Nullable Long max) {
    /** Holds every number. */
    public static final Span OPEN = new Span(null, null);
  }

  /**
   * Place of a payment in the order.
   *
   * @param sortValue microseconds or minor units
   */
  public record Key(long sortValue, String paymentId) {}

  public PaymentSearch {
    statuses = Set.copyOf(statuses);
    currencies = Set.copyOf(currencies);
    metadata = Map.copyOf(metadata);
    if (limit < 1 || countMax < 0) {
      throw new IllegalArgumentException("limit " + limit + ", countMax " + countMax);
    }
    if (sort == Sort.AMOUNT && currencies.size() != 1) {
      throw new IllegalArgumentException("amounts of different currencies have no order");
    }
  }
}
