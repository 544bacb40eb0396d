package com.gyroscops.payments.read.source;

import com.gyroscops.payments.read.source.Filter.Span;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A zone's offsets from UTC over a span of time. Sources compute by these numbers and never by a
 * zone's name, for each engine has rules of its own, of another date: so the rules of this JVM are
 * those of all.
 *
 * <p>Rules that go on for ever are told for one cycle of the calendar, {@value #CYCLE_DAYS} days,
 * which are whole weeks, after which they repeat: some 1,000 numbers at most, however long the
 * span.
 */
public final class ZoneOffsets {

  /** Microseconds of a day. */
  public static final long DAY = 86_400_000_000L;

  /** Days of 400 years, in which the calendar repeats, days of the week included. */
  public static final long CYCLE_DAYS = 146_097;

  /** Microseconds of a cycle. */
  public static final long CYCLE = CYCLE_DAYS * DAY;

  /**
   * Whole weeks from before all times that a payment can have to 1970, by which engines whose
   * divisions round towards zero shift them first.
   */
  public static final long EARLIER_DAYS = 7 * 105_000;

  /** Most offsets that a zone's rules may come to. */
  static final int COUNT_MAX = 2_000;

  private static final long SECOND = 1_000_000;

  private final long[] starts;
  private final long[] offsets;
  private final long cycleStart;
  private final long cycleEnd;

  private ZoneOffsets(long[] starts, long[] offsets, long cycleStart, long cycleEnd) {
    this.starts = starts;
    this.offsets = offsets;
    this.cycleStart = cycleStart;
    this.cycleEnd = cycleEnd;
  }

  /**
   * Offsets of a zone.
   *
   * @param span microseconds, end exclusive; times outside of it have no meaningful offset
   */
  public static ZoneOffsets of(ZoneId zone, Span span) {
    ZoneRules rules = zone.getRules();
    Long min = span.min();
    Long max = span.max();
    long cycleStart = cycleStart(rules);
    long cycleEnd = cycleStart == Long.MAX_VALUE ? Long.MAX_VALUE : cycleStart + CYCLE;
    long to = max == null || max > cycleEnd ? cycleEnd : max;
    long from = min == null ? Long.MIN_VALUE : min;
    if (to == cycleEnd) {
      // Times beyond the first cycle are looked up in it, from its start on.
      from = Math.min(from, cycleStart);
    }
    Instant at = instant(from);
    List<Long> starts = new ArrayList<>(List.of(Long.MIN_VALUE));
    List<Long> offsets = new ArrayList<>(List.of(micros(rules.getOffset(at))));
    ZoneOffsetTransition next = rules.nextTransition(at);
    while (next != null && next.toEpochSecond() * SECOND < to) {
      if (starts.size() == COUNT_MAX) {
        throw new IllegalStateException(zone + " has more than " + COUNT_MAX + " offsets");
      }
      starts.add(next.toEpochSecond() * SECOND);
      offsets.add(micros(next.getOffsetAfter()));
      next = rules.nextTransition(next.getInstant());
    }
    return new ZoneOffsets(toArray(starts), toArray(offsets), cycleStart, cycleEnd);
  }

  /** From when on the rules are those of every year; never: the largest number. */
  private static long cycleStart(ZoneRules rules) {
    if (rules.getTransitionRules().isEmpty()) {
      return Long.MAX_VALUE;
    }
    List<ZoneOffsetTransition> single = rules.getTransitions();
    int year = single.isEmpty() ? 1970 : single.getLast().getDateTimeAfter().getYear();
    // The year of the last single transition may have some by rule, too; the one after has none.
    return Math.multiplyExact(LocalDate.of(year + 2, 1, 1).toEpochDay(), DAY);
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private static long micros(ZoneOffset offset) {
    return offset.getTotalSeconds() * SECOND;
  }

  private static long[] toArray(List<Long> numbers) {
    return numbers.stream().mapToLong(Long::longValue).toArray();
  }

  /** Times from which on the offsets hold, ascending; the first is the least number. */
  public long[] starts() {
    return starts.clone();
  }

  /** As many offsets: microseconds to be added to a time to get what the zone's clocks show. */
  public long[] offsets() {
    return offsets.clone();
  }

  /**
   * Where the cycle begins in which times from {@link #cycleEnd} on are looked up. The largest
   * number: there is none.
   */
  public long cycleStart() {
    return cycleStart;
  }

  /** Where the first cycle ends. The largest number: never. */
  public long cycleEnd() {
    return cycleEnd;
  }

  /** Whether there is one offset only. */
  public boolean isFixed() {
    return offsets.length == 1;
  }

  /** What the zone's clocks show at a time, as microseconds since 1970-01-01T00:00 on them. */
  public long local(long micros) {
    long inCycle = micros < cycleEnd ? micros : cycleStart + (micros - cycleStart) % CYCLE;
    int found = Arrays.binarySearch(starts, inCycle);
    return micros + offsets[found >= 0 ? found : -found - 2];
  }
}
