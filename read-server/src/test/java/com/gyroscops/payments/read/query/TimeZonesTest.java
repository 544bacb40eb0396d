package com.gyroscops.payments.read.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimeZonesTest {

  @Test
  void zonesAreNamedByRegionAndPlace() {
    assertThat(ZoneId.getAvailableZoneIds().stream().filter(GetPaymentAnalytics::isZone))
        .contains("UTC", "Europe/Paris", "America/Argentina/Buenos_Aires")
        .hasSizeGreaterThan(300);
  }

  @Test
  void zonesThatMeanDifferentThingsInDifferentPlacesAreRefused() {
    assertThat(List.of("CET", "EET", "MET", "WET", "EST5EDT", "Z"))
        .noneMatch(GetPaymentAnalytics::isZone);
  }
}
