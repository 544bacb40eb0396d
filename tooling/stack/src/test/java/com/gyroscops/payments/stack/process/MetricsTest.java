package com.gyroscops.payments.stack.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MetricsTest {

  @Test
  void samples_are_found_by_name_and_label() {
    Metrics metrics =
        Metrics.parse(
            """
            # HELP payments_source_position applied
            # TYPE payments_source_position gauge
            payments_source_position{source="sql",} 14587.0
            payments_source_position{application="a \\"b\\"\\n\\\\",source="memory"} 1.2E4
            payments_log_head_position 14590.0 1395066363000
            odd{} NaN
            """);

    assertThat(metrics.value("payments_source_position", "source", "sql")).hasValue(14_587);
    assertThat(metrics.max("payments_source_position")).hasValue(14_587);
    assertThat(metrics.max("payments_log_head_position")).hasValue(14_590);
    assertThat(metrics.max("absent")).isEmpty();
    assertThat(metrics.named("odd")).hasSize(1);
    assertThat(metrics.named("payments_source_position").getLast().labels())
        .containsEntry("application", "a \"b\"\n\\");
  }
}
