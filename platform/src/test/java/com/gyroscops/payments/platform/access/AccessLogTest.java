package com.gyroscops.payments.platform.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccessLogTest {

  private Instant now = Instant.parse("2026-11-30T12:00:00Z");
  private final List<String> lines = new ArrayList<>();
  private final AccessLog log =
      new AccessLog(
          new Clock() {
            @Override
            public Instant instant() {
              return now;
            }

            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }
          },
          lines::add);

  private void deny(String organization) {
    Caller caller = new Caller("key:shop", Grants.NONE, Instant.MAX);
    log.denied(
        caller,
        "S/M",
        "/127.0.0.1:1",
        AccessErrors.denied(caller, new Demand(Scope.REPORTS, organization)),
        "",
        true);
  }

  @Test
  void aDenialIsALineOfJsonWhateverTheCallerSent() {
    deny("a\"b\\c\n\u2028\u0085\u009b" + "x".repeat(500));
    assertThat(lines)
        .singleElement()
        .asString()
        .startsWith(
            "{\"time\":\"2026-11-30T12:00:00Z\",\"actor\":\"key:shop\",\"event\":\"denied\","
                + "\"method\":\"S/M\",\"organization_id\":\"a\\\"b\\\\c\\u000a\\u2028\\u0085\\u009bxxx")
        .contains("\"reason\":\"ORGANIZATION_DENIED\",\"scope\":\"reports\"}")
        .hasSizeLessThan(500);
  }

  @Test
  void ofManyInASecondSomeAreToldAndTheOthersCounted() {
    for (int i = 0; i < AccessLog.LINES_MAX + 7; i++) {
      deny("acme");
    }
    assertThat(lines).hasSize(AccessLog.LINES_MAX);
    now = now.plusSeconds(1);
    deny("acme");
    assertThat(lines).hasSize(AccessLog.LINES_MAX + 2);
    assertThat(lines.get(AccessLog.LINES_MAX)).contains("\"count\":\"7\"", "left_out");
  }
}
