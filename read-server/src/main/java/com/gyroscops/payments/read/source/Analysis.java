package com.gyroscops.payments.read.source;

import java.time.ZoneId;
import java.util.List;
import java.util.Optional;

/**
 * Figures to compute over the payments that match, in groups; the currency is always one of the
 * things grouped by.
 *
 * @param byStatus whether statuses are apart
 * @param byUser whether users are apart; payments without one are a group of their own
 * @param period calendar periods of the effective time that are apart, if any
 * @param zone where the calendar's days begin
 * @param percentiles above 0, at most 100, of the amounts, by nearest rank
 * @param limit most groups to return, 1 or more
 */
public record Analysis(
    Filter filter,
    boolean byStatus,
    boolean byUser,
    Optional<Period> period,
    ZoneId zone,
    List<Double> percentiles,
    Order order,
    int limit) {

  /** Calendar periods; weeks start on Monday. */
  public enum Period {
    DAY,
    WEEK,
    MONTH
  }

  /** Order of the groups. */
  public enum Order {
    /** By period, currency, status number, user (by code point), ascending. */
    KEY,
    /** By number of payments, most first; ties by key. */
    COUNT
  }

  /** Most groups that a source makes; beyond, it says {@link Groups.TooMany}. */
  public static final int GROUPS_MAX = 100_000;

  public Analysis {
    percentiles = List.copyOf(percentiles);
    if (limit < 1) {
      throw new IllegalArgumentException("limit " + limit);
    }
  }
}
