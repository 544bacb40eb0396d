package com.gyroscops.payments.read;

import com.gyroscops.payments.contract.Currencies;
import com.gyroscops.payments.v1.Payment;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Currency;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Payments at edges: of all currencies, around every change of the clocks of many zones since 1970
 * and the midnights beside it, and with amounts where numbers of 64 bits, or floating point, end.
 */
final class EdgeLog {

  /** Of all continents: with rules of their own, changes over midnight, and days left out. */
  static final List<ZoneId> ZONES =
      Stream.of(
              "UTC",
              "Europe/Paris",
              "Europe/London",
              "Europe/Dublin",
              "Europe/Lisbon",
              "Europe/Moscow",
              "Europe/Istanbul",
              "Europe/Volgograd",
              "Atlantic/Azores",
              "Africa/Casablanca",
              "Africa/Cairo",
              "Africa/Juba",
              "Africa/Monrovia",
              "Asia/Kolkata",
              "Asia/Kathmandu",
              "Asia/Tehran",
              "Asia/Gaza",
              "Asia/Jerusalem",
              "Asia/Beirut",
              "Asia/Amman",
              "Asia/Dhaka",
              "Asia/Pyongyang",
              "Asia/Manila",
              "Asia/Ulaanbaatar",
              "America/New_York",
              "America/Vancouver",
              "America/St_Johns",
              "America/Sao_Paulo",
              "America/Asuncion",
              "America/Caracas",
              "America/Havana",
              "America/Mexico_City",
              "America/Nuuk",
              "America/Anchorage",
              "Antarctica/Troll",
              "Australia/Lord_Howe",
              "Pacific/Apia",
              "Pacific/Chatham",
              "Pacific/Kwajalein",
              "Pacific/Kiritimati")
          .map(ZoneId::of)
          .toList();

  private static final Instant FIRST = Instant.EPOCH;
  private static final Instant LAST = Instant.parse("2040-01-01T00:00:00Z");
  private static final long SECOND = 1_000_000;

  private static final long[] EDGES = {
    1, 2, 99, 1L << 31, (1L << 53) - 1, 1L << 53, (1L << 53) + 1, 1L << 62, Long.MAX_VALUE
  };

  private EdgeLog() {}

  /** As many payments as said, with what happens to them. */
  static SampleLog generate(Random random, int payments) {
    SampleLog log = new SampleLog("payments", "epoch-1");
    List<String> currencies =
        new TreeSet<>(
                Currency.getAvailableCurrencies().stream()
                    .map(Currency::getCurrencyCode)
                    .filter(it -> Currencies.exponent(it).isPresent())
                    .toList())
            .stream().toList();
    List<Long> times = new ArrayList<>(times());
    Collections.shuffle(times, random);
    for (int i = 0; i < payments; i++) {
      long time = near(random, times.get(i % times.size()));
      boolean isEdge = random.nextInt(4) == 0;
      long amount =
          isEdge ? EDGES[random.nextInt(EDGES.length)] : 1 + random.nextLong(1_000_000_000);
      // Where amounts are at the edge, few sums fit; the others must not suffer from that.
      String organization = isEdge ? "edge" : "org-" + random.nextInt(2);
      // Each occurs, and each is frequent somewhere.
      String currency =
          random.nextBoolean()
              ? currencies.get(i % currencies.size())
              : currencies.get(random.nextInt(3));
      Payment payment =
          log.createRandom(random, organization, SampleLog.amount(amount, currency), time)
              .getPayment();
      for (int changes = random.nextInt(4); changes > 0; changes--) {
        long refundAt = near(random, times.get(random.nextInt(times.size())));
        if (log.change(random, payment, refundAt)) {
          payment = log.events().getLast().getPayment();
        }
      }
    }
    return log;
  }

  /** When the clocks of any of the zones change, in microseconds. */
  private static Set<Long> times() {
    Set<Long> times = new LinkedHashSet<>();
    for (ZoneId zone : ZONES) {
      ZoneOffsetTransition next = zone.getRules().nextTransition(FIRST);
      while (next != null && next.getInstant().isBefore(LAST)) {
        times.add(micros(next.getInstant()));
        next = zone.getRules().nextTransition(next.getInstant());
      }
    }
    return times;
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  /** The change itself, what is next to it, or a midnight of some offset near it. */
  private static long near(Random random, long change) {
    long near =
        switch (random.nextInt(6)) {
          case 0 -> change;
          case 1 -> change - 1;
          case 2 -> change + random.nextLong(-7_200, 7_200) * SECOND;
          case 3 -> change + random.nextLong(-90_000, 90_000) * SECOND;
          default -> {
            ZoneOffset offset = ZoneOffset.ofTotalSeconds(random.nextInt(-48, 57) * 900);
            LocalDate day =
                Instant.EPOCH.plus(change, ChronoUnit.MICROS).atOffset(offset).toLocalDate();
            Instant midnight = day.atStartOfDay().toInstant(offset);
            yield micros(midnight) + random.nextInt(-1, 2);
          }
        };
    return Math.max(0, near);
  }
}
