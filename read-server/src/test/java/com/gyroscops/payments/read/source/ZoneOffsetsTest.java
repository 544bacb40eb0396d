package com.gyroscops.payments.read.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.testing.Seed;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZoneOffsetsTest {

  /** 0001-01-01 and 10000-01-01. */
  private static final long FIRST = -62_135_596_800L * 1_000_000;

  private static final long END = 253_402_300_800L * 1_000_000;

  private final Random random = Seed.random(16);

  private static List<ZoneId> zones() {
    List<ZoneId> zones =
        new ArrayList<>(ZoneId.getAvailableZoneIds().stream().sorted().map(ZoneId::of).toList());
    zones.add(OwnZone.ZONE);
    return zones;
  }

  @Test
  void offsetsOfAllTimesOfAllZonesAreThoseOfTheRulesAndThereAreFewOfThem() {
    for (ZoneId zone : zones()) {
      ZoneOffsets all = ZoneOffsets.of(zone, Span.OPEN);
      assertThat(all.offsets()).as("%s", zone).hasSizeLessThan(1_200);
      for (int i = 0; i < 30; i++) {
        assertOffset(zone, all, random.nextLong(FIRST, END));
        assertOffset(zone, all, random.nextLong(0, END / 60));
      }
      for (long start : all.starts()) {
        if (start != Long.MIN_VALUE) {
          for (long cycle = 0; cycle <= 2; cycle++) {
            assertOffset(zone, all, start + cycle * ZoneOffsets.CYCLE - 1);
            assertOffset(zone, all, start + cycle * ZoneOffsets.CYCLE);
          }
        }
      }
    }
  }

  @Test
  void offsetsOfASpanAreRightInIt() {
    for (ZoneId zone : zones()) {
      for (int i = 0; i < 5; i++) {
        long start = random.nextLong(FIRST, END);
        long length = 1 + random.nextLong(random.nextBoolean() ? END / 3_000 : END - start);
        Span span =
            switch (random.nextInt(3)) {
              case 0 -> new Span(start, null);
              case 1 -> new Span(null, start + length);
              default -> new Span(start, start + length);
            };
        ZoneOffsets offsets = ZoneOffsets.of(zone, span);
        assertOffset(zone, offsets, start);
        assertOffset(zone, offsets, start + length - 1);
        assertOffset(zone, offsets, start + random.nextLong(length));
      }
    }
  }

  @Test
  void aShortSpanHasFewOffsets() {
    Instant year = Instant.parse("2026-01-01T00:00:00Z");
    long start = ChronoUnit.MICROS.between(Instant.EPOCH, year);
    ZoneOffsets offsets =
        ZoneOffsets.of(ZoneId.of("Europe/Paris"), new Span(start, start + 365 * ZoneOffsets.DAY));
    assertThat(offsets.offsets()).containsExactly(3_600_000_000L, 7_200_000_000L, 3_600_000_000L);
    assertThat(ZoneOffsets.of(ZoneId.of("UTC"), Span.OPEN).isFixed()).isTrue();
  }

  private static void assertOffset(ZoneId zone, ZoneOffsets offsets, long micros) {
    Instant at = Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    assertThat(offsets.local(micros) - micros)
        .as("%s at %s", zone, at)
        .isEqualTo(zone.getRules().getOffset(at).getTotalSeconds() * 1_000_000L);
  }
}
