package com.gyroscops.payments.read.source;

import java.time.DayOfWeek;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneOffsetTransitionRule;
import java.time.zone.ZoneOffsetTransitionRule.TimeDefinition;
import java.time.zone.ZoneRules;
import java.time.zone.ZoneRulesProvider;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * A zone that only this JVM knows, as after a change of rules that engines have not heard of: by 61
 * minutes back over midnight, a day left out, and daylight saving for ever from 2027 on.
 */
public final class OwnZone {

  private static final String NAME = "Gyroscops/Own";

  private static final ZoneOffset BEFORE = ZoneOffset.ofHours(-8);
  private static final ZoneOffset SET_BACK = ZoneOffset.ofHoursMinutes(-9, -1);
  private static final ZoneOffset NEXT_DAY = ZoneOffset.ofHours(15);
  private static final ZoneOffset SUMMER = ZoneOffset.ofHours(-7);

  static {
    ZoneRulesProvider.registerProvider(new Provider());
  }

  /** The zone. */
  @SuppressWarnings("InvalidZoneId") // It is there from now on.
  public static final ZoneId ZONE = ZoneId.of(NAME);

  private OwnZone() {}

  private static final class Provider extends ZoneRulesProvider {

    @Override
    protected Set<String> provideZoneIds() {
      return Set.of(NAME);
    }

    @Override
    protected ZoneRules provideRules(String zoneId, boolean forCaching) {
      return ZoneRules.of(
          BEFORE,
          BEFORE,
          List.of(),
          List.of(
              ZoneOffsetTransition.of(LocalDateTime.of(2026, 3, 2, 0, 1), BEFORE, SET_BACK),
              ZoneOffsetTransition.of(LocalDateTime.of(2026, 3, 6, 0, 0), SET_BACK, NEXT_DAY),
              ZoneOffsetTransition.of(LocalDateTime.of(2026, 8, 1, 3, 0), NEXT_DAY, SUMMER)),
          List.of(
              rule(Month.MARCH, DayOfWeek.SUNDAY, BEFORE, SUMMER),
              rule(Month.OCTOBER, DayOfWeek.SATURDAY, SUMMER, BEFORE)));
    }

    private static ZoneOffsetTransitionRule rule(
        Month month, DayOfWeek day, ZoneOffset from, ZoneOffset to) {
      return ZoneOffsetTransitionRule.of(
          month, -1, day, LocalTime.of(0, 30), false, TimeDefinition.WALL, BEFORE, from, to);
    }

    @Override
    protected NavigableMap<String, ZoneRules> provideVersions(String zoneId) {
      return new TreeMap<>(Map.of("1", provideRules(zoneId, false)));
    }
  }
}
