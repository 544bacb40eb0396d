package com.gyroscops.payments.read.source;

import java.util.List;

/**
 * A beginning for which to find the values that an organization's payments have, deleted payments
 * left out: most payments first, ties by value by code point.
 *
 * @param text for {@link Field#DESCRIPTION} the words as typed; otherwise the beginning, case
 *     included
 * @param limit most values to return, 1 or more
 */
public record Completion(String organizationId, Field field, String text, int limit) {

  /** Whose values. */
  public enum Field {
    /** Those whose {@link Words#of(String)} have all of {@link TextQuery#typed}. */
    DESCRIPTION,
    USER,
    MERCHANT_REFERENCE,
    PROVIDER_REFERENCE
  }

  /** A value and how many payments have it. */
  public record Value(String value, long payments) {}

  /** Values found, in order. */
  public record Values(List<Value> values) {
    public Values {
      values = List.copyOf(values);
    }
  }

  public Completion {
    if (limit < 1) {
      throw new IllegalArgumentException("limit " + limit);
    }
  }
}
