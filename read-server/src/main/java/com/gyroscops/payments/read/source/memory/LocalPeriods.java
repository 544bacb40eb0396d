package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.Analysis.Period;
import com.gyroscops.payments.read.source.ZoneOffsets;
import java.time.LocalDate;

/**
 * The calendar period that a time lies in, in one zone; worked out anew only where the day differs
 * from the one before. Not for concurrent use.
 */
final class LocalPeriods {

  private final Period period;
  private final ZoneOffsets offsets;
  private long lastDay = Long.MIN_VALUE;
  private LocalDate lastStart = LocalDate.MIN;

  LocalPeriods(Period period, ZoneOffsets offsets) {
    this.period = period;
    this.offsets = offsets;
  }

  /** First day of the period that a time lies in. */
  LocalDate startOf(long micros) {
    long day = Math.floorDiv(offsets.local(micros), ZoneOffsets.DAY);
    if (day != lastDay) {
      lastDay = day;
      lastStart = period.startOf(LocalDate.ofEpochDay(day));
    }
    return lastStart;
  }
}
