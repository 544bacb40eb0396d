package com.gyroscops.payments.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class StackPlanTest {

  @Test
  void no_two_servers_share_a_port_even_in_the_largest_stack() {
    StackPlan plan = new StackPlan(20, 20, 7, StackPlan.POSTGRES_PORT);
    assertThat(
            plan.replicas().stream()
                .flatMapToInt(replica ->
                    IntStream.of(replica.grpcPort(), replica.internalPort(), replica.httpPort()))
                .filter(port -> port != 0)
                .boxed())
        .doesNotHaveDuplicates()
        .hasSize(20 * 3 + 20 * 2)
        .contains(50_058, 50_068, 8_088, 50_059, 8_089)
        .doesNotContain(plan.postgresPort());
  }

  @Test
  void read_servers_know_the_feed_of_every_write_server() {
    assertThat(new StackPlan(2, 1, 10, 55_432).feedTargets())
        .isEqualTo("127.0.0.1:50071,127.0.0.1:50171");
  }

  @Test
  void impossible_plans_are_refused_with_the_option_to_change() {
    assertThatThrownBy(() -> new StackPlan(0, 1, 0, 55_432))
        .hasMessageContaining("--write-servers");
    assertThatThrownBy(() -> new StackPlan(1, 21, 0, 55_432))
        .hasMessageContaining("--read-servers");
    assertThatThrownBy(() -> new StackPlan(1, 1, 20_000, 55_432))
        .hasMessageContaining("--port-offset");
  }
}
