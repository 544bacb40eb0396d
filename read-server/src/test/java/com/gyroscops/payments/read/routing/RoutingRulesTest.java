package com.gyroscops.payments.read.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.read.routing.RoutingRules.Setting;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.ReadSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoutingRulesTest {

  private static RoutingRules find(String text) {
    return RoutingRules.parse(
        Map.of(Capability.FIND, new Setting("ROUTING_FIND", text)),
        new Setting("ROUTING_CRITICAL", "sql"));
  }

  @Test
  void sourcesComeInTheOrderNamedWithEqualsAtOnePlaceAndTheOthersLast() {
    RoutingRules rules = find(" memory | redis, sql ");
    assertThat(rules.place(Capability.FIND, ReadSource.READ_SOURCE_MEMORY)).isZero();
    assertThat(rules.place(Capability.FIND, ReadSource.READ_SOURCE_REDIS)).isZero();
    assertThat(rules.place(Capability.FIND, ReadSource.READ_SOURCE_SQL)).isEqualTo(1);
    assertThat(rules.place(Capability.FIND, ReadSource.READ_SOURCE_SEARCH)).isEqualTo(2);
    assertThat(rules.place(Capability.SEARCH, ReadSource.READ_SOURCE_SEARCH)).isZero();
    assertThat(rules.criticalPlace(ReadSource.READ_SOURCE_SQL)).isZero();
    assertThat(rules.criticalPlace(ReadSource.READ_SOURCE_REDIS)).isEqualTo(1);
  }

  @Test
  void anEmptyRulePrefersNone() {
    RoutingRules rules = find("");
    for (ReadSource source : SourceNames.STORES) {
      assertThat(rules.place(Capability.FIND, source)).isZero();
    }
  }

  @Test
  void anUnknownOrRepeatedNameIsRefusedWithTheSettingAndTheNamesThereAre() {
    assertThatThrownBy(() -> find("memory,elastic"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "ROUTING_FIND names \"elastic\"; the sources are sql, redis, search, memory");
    assertThatThrownBy(() -> find("log")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> find("memory||sql")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> find("sql,memory|sql"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ROUTING_FIND names \"sql\" twice");
  }
}
