package com.gyroscops.payments.read.source;

import org.jspecify.annotations.Nullable;

/**
 * One page of a search.
 *
 * @param sort what the payments are ordered by; ties by payment id, in the same direction
 * @param after key of the last payment of the page before; null: from the start
 * @param limit most payments to return, 1 or more
 * @param countMax count all matches up to this many; 0: do not count
 */
public record PaymentSearch(
    Filter filter,
    NumberField sort,
    boolean ascending,
    @Nullable Key after,
    int limit,
    int countMax) {

  /**
   * Place of a payment in the order.
   *
   * @param sortValue microseconds or minor units
   * @param paymentId compared by code point
   */
  public record Key(long sortValue, String paymentId) {}

  public PaymentSearch {
    if (limit < 1 || countMax < 0) {
      throw new IllegalArgumentException("limit " + limit + ", countMax " + countMax);
    }
    if (sort == NumberField.AMOUNT && filter.currencies().size() != 1) {
      throw new IllegalArgumentException("amounts of different currencies have no order");
    }
  }
}
