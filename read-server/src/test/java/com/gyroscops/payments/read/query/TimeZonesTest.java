package com.gyroscops.payments.read.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.ReadDatabase;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimeZonesTest {

  @Test
  void everyZoneThatIsTakenIsKnownToPostgresql() throws Exception {
    List<String> taken =
        ZoneId.getAvailableZoneIds().stream().filter(GetPaymentAnalytics::isZone).toList();
    assertThat(taken).hasSizeGreaterThan(300);
    try (ReadDatabase database = ReadDatabase.fresh()) {
      assertThat(taken)
          .allSatisfy(
              zone -> database.rows("select timestamptz 'epoch' at time zone '" + zone + "'"));
    }
  }

  @Test
  void zonesThatMeanDifferentThingsInDifferentPlacesAreRefused() {
    assertThat(List.of("CET", "EET", "MET", "WET", "EST5EDT", "Z"))
        .noneMatch(GetPaymentAnalytics::isZone);
  }
}
