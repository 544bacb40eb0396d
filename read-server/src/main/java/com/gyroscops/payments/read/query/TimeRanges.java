package com.gyroscops.payments.read.query;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.TimeRange;

/** Checks time ranges. */
public final class TimeRanges {

  /** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: the range of a Timestamp. */
  private static final long SECONDS_MIN = -62_135_596_800L;

  private static final long SECONDS_MAX = 253_402_300_799L;

  private TimeRanges() {}

  /** Notes what is wrong with a range that is in this field. */
  public static void check(Violations violations, String field, TimeRange range) {
    boolean valid = true;
    if (range.hasStartTime()) {
      valid &= check(violations, field + ".start_time", range.getStartTime());
    }
    if (range.hasEndTime()) {
      valid &= check(violations, field + ".end_time", range.getEndTime());
    }
    if (valid && range.hasStartTime() && range.hasEndTime()) {
      violations.require(
          isBefore(range.getStartTime(), range.getEndTime()),
          field + ".start_time",
          "must be before end_time");
    }
  }

  private static boolean check(Violations violations, String field, Timestamp time) {
    boolean valid =
        time.getSeconds() >= SECONDS_MIN
            && time.getSeconds() <= SECONDS_MAX
            && time.getNanos() >= 0
            && time.getNanos() < 1_000_000_000;
    violations.require(valid, field, "must be a time of the years 1 to 9999");
    return valid;
  }

  private static boolean isBefore(Timestamp one, Timestamp other) {
    return one.getSeconds() < other.getSeconds()
        || (one.getSeconds() == other.getSeconds() && one.getNanos() < other.getNanos());
  }
}
