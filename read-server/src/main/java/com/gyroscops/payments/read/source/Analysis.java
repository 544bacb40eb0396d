package com.gyroscops.payments.read.source;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;
import java.util.List;
import java.util.Optional;

/**
 * Figures to compute over the payments that match, in groups; the currency is always one of the
 * things grouped by.
 *
 * @param byStatus whether statuses are apart
 * @param byUser whether users are apart; payments without one are a group of their own
 * @param period calendar periods of the effective time that are apart, if any
 * @param zone by whose calendar
 * @param percentiles of the amounts, by nearest rank
 * @param limit most groups to return, 1 or more
 */
public record Analysis(
    Filter filter,
    boolean byStatus,
    boolean byUser,
    Optional<Period> period,
    ZoneId zone,
    List<Percentile> percentiles,
    Order order,
    int limit) {

  /** Calendar periods; weeks start on Monday. */
  public enum Period {
    DAY,
    WEEK,
    MONTH;

    /** First day of the period that a day is in. */
    public LocalDate startOf(LocalDate day) {
      return switch (this) {
        case DAY -> day;
        case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
        case MONTH -> day.withDayOfMonth(1);
      };
    }
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

  /** The zone's offsets at the times that may match. */
  public ZoneOffsets offsets() {
    return ZoneOffsets.of(zone, filter.span(NumberField.EFFECTIVE_TIME));
  }
}
