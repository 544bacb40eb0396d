package com.gyroscops.payments.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.ServiceConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PaceTest {

  @Test
  void the_usual_machine_is_asked_as_usual_and_a_faster_one_too() {
    for (Duration took : List.of(Pace.USUAL, Pace.USUAL.dividedBy(2))) {
      Pace pace = Pace.of(took);
      assertThat(pace.perSecond(50)).isEqualTo(50);
      assertThat(pace.time(Duration.ofSeconds(30))).isEqualTo(Duration.ofSeconds(30));
      assertThat(timeouts(pace.serviceConfig())).startsWith("10.000s", "30.000s", "70.000s");
    }
  }

  @Test
  void a_slow_machine_is_asked_less_and_waited_for_longer() {
    Pace pace = Pace.of(Pace.USUAL.multipliedBy(5).dividedBy(2));
    assertThat(pace.perSecond(50)).isEqualTo(20);
    assertThat(pace.time(Duration.ofSeconds(30))).isEqualTo(Duration.ofSeconds(75));
    assertThat(timeouts(pace.serviceConfig())).startsWith("25.000s", "75.000s", "175.000s");
  }

  @Test
  void one_that_becomes_slower_is_given_room() {
    assertThat(Pace.of(Pace.USUAL).slowed()).isEqualTo(new Pace(3));
    assertThat(Pace.of(Pace.USUAL.multipliedBy(3)).slowed()).isEqualTo(new Pace(Pace.SLOWNESS_MAX));
  }

  @Test
  void nothing_but_timeouts_differs() {
    String usual = ServiceConfig.shipped().toString();
    String slow = Pace.of(Duration.ofHours(1)).serviceConfig().toString();
    assertThat(slow.replaceAll("timeout=[^,}]+", ""))
        .isEqualTo(usual.replaceAll("timeout=[^,}]+", ""));
    assertThat(slow).isNotEqualTo(usual);
  }

  private static List<String> timeouts(Map<String, ?> config) {
    List<?> methods = (List<?>) requireNonNull(config.get("methodConfig"));
    return methods.stream()
        .map(method -> String.valueOf(((Map<?, ?>) method).get("timeout")))
        .toList();
  }
}
