package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.Analysis.Period;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAdjusters;
import java.time.zone.ZoneOffsetTransition;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The calendar period that a time lies in, in one zone; worked out once for each day that occurs.
 * Not for concurrent use.
 */
final class LocalPeriods {

  private static final long MICROS = 1_000_000;
  private static final long DAY_SECONDS = 86_400;

  /** Times of one local day and one offset, in seconds, end exclusive. */
  private record Stretch(long from, long to, LocalDate periodStart) {}

  private final Period period;
  private final ZoneId zone;
  private final TreeMap<Long, Stretch> known = new TreeMap<>();
  private @Nullable Stretch last;

  LocalPeriods(Period period, ZoneId zone) {
    this.period = period;
    this.zone = zone;
  }

  /** First day of the period that a time lies in. */
  LocalDate startOf(long micros) {
    long second = Math.floorDiv(micros, MICROS);
    Stretch stretch = last;
    if (stretch == null || second < stretch.from || second >= stretch.to) {
      Map.Entry<Long, Stretch> floor = known.floorEntry(second);
      if (floor != null && second < floor.getValue().to) {
        stretch = floor.getValue();
      } else {
        stretch = stretch(second);
        known.put(stretch.from, stretch);
      }
      last = stretch;
    }
    return stretch.periodStart;
  }

  private Stretch stretch(long second) {
    Instant instant = Instant.ofEpochSecond(second);
    ZoneOffset offset = zone.getRules().getOffset(instant);
    long localDay = Math.floorDiv(second + offset.getTotalSeconds(), DAY_SECONDS);
    long from = localDay * DAY_SECONDS - offset.getTotalSeconds();
    long to = from + DAY_SECONDS;
    // A day is cut where its clocks change, so that each stretch has one offset.
    ZoneOffsetTransition next = zone.getRules().nextTransition(instant);
    if (next != null) {
      to = Math.min(to, next.toEpochSecond());
    }
    ZoneOffsetTransition before = zone.getRules().previousTransition(instant.plusSeconds(1));
    if (before != null) {
      from = Math.max(from, before.toEpochSecond());
    }
    return new Stretch(from, to, startOfPeriod(LocalDate.ofEpochDay(localDay)));
  }

  private LocalDate startOfPeriod(LocalDate day) {
    return switch (period) {
      case DAY -> day;
      case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
      case MONTH -> day.withDayOfMonth(1);
    };
  }
}
