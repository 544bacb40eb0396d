package com.gyroscops.payments.read.source;

import java.util.Optional;
import java.util.Set;

/**
 * What to count and add up: payments by the business time of their creation, refunds by their own.
 *
 * @param organizationId empty: all organizations
 * @param time microseconds, end exclusive
 * @param currencies any of these; empty: all
 */
public record TotalsSpan(
    Optional<String> organizationId, Filter.Span time, Set<String> currencies) {
  public TotalsSpan {
    currencies = Set.copyOf(currencies);
  }
}
