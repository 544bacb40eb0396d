package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.PaymentStatus;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which payments of one organization are meant. All parts must match; an empty one matches
 * everything.
 *
 * @param statuses any of these; empty: all but DELETED
 * @param currencies any of these
 * @param amount minor units, both ends inclusive
 * @param effectiveAt business time of the creation, microseconds, end exclusive
 * @param updateAt time of the newest change, microseconds, end exclusive
 * @param metadata pairs that all must be among the payment's
 * @param text words that all must be among {@link Words#of(com.gyroscops.payments.v1.Payment)}
 */
public record Filter(
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
    TextQuery text) {

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

  public Filter {
    statuses = Set.copyOf(statuses);
    currencies = Set.copyOf(currencies);
    metadata = Map.copyOf(metadata);
  }

  /** All payments of an organization but the deleted ones. */
  public static Filter all(String organizationId) {
    return new Filter(
        organizationId,
        "",
        Set.of(),
        Set.of(),
        Span.OPEN,
        Span.OPEN,
        Span.OPEN,
        "",
        "",
        "",
        Map.of(),
        TextQuery.NONE);
  }
}
