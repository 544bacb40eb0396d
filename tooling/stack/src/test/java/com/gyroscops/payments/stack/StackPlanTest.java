package com.gyroscops.payments.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class StackPlanTest {

  private static final Set<Feature> ALL = Set.of(Feature.values());

  @Test
  void no_two_servers_share_a_port_even_in_the_largest_stack() {
    StackPlan plan = new StackPlan(20, 20, 7, StackPlan.POSTGRES_PORT, ALL);
    assertThat(
            plan.replicas().stream()
                .flatMapToInt(replica ->
                    IntStream.of(replica.grpcPort(), replica.internalPort(), replica.httpPort()))
                .filter(port -> port != 0)
                .boxed())
        .doesNotHaveDuplicates()
        .hasSize(20 * 3 + 20 * 3)
        .contains(50_058, 50_068, 8_088, 50_059, 8_089)
        .doesNotContainAnyElementsOf(plan.engines().stream().map(plan::port).toList());
    assertThat(plan.engines().stream().map(plan::port)).hasSize(4).doesNotHaveDuplicates();
  }

  @Test
  void read_servers_know_the_feed_of_every_write_server() {
    assertThat(new StackPlan(2, 1, 10, 15_432, ALL).feedTargets())
        .isEqualTo("127.0.0.1:50071,127.0.0.1:50171");
  }

  @Test
  void an_engine_runs_only_for_what_the_stack_has() {
    assertThat(plan(ALL).engines())
        .containsExactly(Engine.POSTGRESQL, Engine.REDIS, Engine.OPENSEARCH, Engine.TEMPORAL);
    assertThat(plan(Set.of(Feature.SEARCH)).engines())
        .containsExactly(Engine.POSTGRESQL, Engine.OPENSEARCH);
    assertThat(plan(Set.of(Feature.MEMORY)).engines()).containsExactly(Engine.POSTGRESQL);
  }

  @Test
  void read_servers_are_told_of_what_there_is_and_by_an_empty_value_of_what_is_left_out() {
    Replica second = new StackPlan(1, 2, 5, 15_432, ALL).replicas(ServerKind.READ_SERVER).getLast();
    Engines engines =
        new Engines(
            new StackFolder(Path.of("/data")),
            new Programs(Path.of("/programs")),
            new StackJvm(_ -> List.of(), Duration.ZERO, Duration.ZERO, Duration.ZERO),
            text -> {},
            () -> {});

    assertThat(engines.environment(second, new StackPlan(1, 2, 5, 15_432, ALL)))
        .containsEntry("REDIS_URI", "redis://127.0.0.1:16384")
        .containsEntry("SEARCH_URL", "http://127.0.0.1:19205")
        .containsEntry("MEMORY_PAYMENTS_MAX", "2000000")
        .containsEntry("MEMORY_FOLDER", "/data/memory/read-server-1")
        .containsEntry("READ_DATABASE_URL", "jdbc:postgresql://127.0.0.1:15437/payments_read");
    assertThat(engines.environment(second, new StackPlan(1, 2, 5, 15_432, Set.of())))
        .containsEntry("REDIS_URI", "")
        .containsEntry("SEARCH_URL", "")
        .containsEntry("MEMORY_PAYMENTS_MAX", "0");
  }

  @Test
  void a_plan_survives_the_state_file_and_an_older_file_has_sql_alone() {
    StackPlan plan = plan(Set.of(Feature.REDIS, Feature.MEMORY));
    assertThat(StackFolder.JSON.fromJson(StackFolder.JSON.toJson(plan), StackPlan.class))
        .isEqualTo(plan);
    String older =
        "{\"write_servers\":1,\"read_servers\":1,\"port_offset\":0,\"postgres_base_port\":15432}";
    assertThat(StackFolder.JSON.fromJson(older, StackPlan.class)).isEqualTo(plan(Set.of()));
  }

  private static StackPlan plan(Set<Feature> features) {
    return new StackPlan(1, 1, 0, StackPlan.POSTGRES_PORT, features);
  }

  @Test
  void impossible_plans_are_refused_with_the_option_to_change() {
    assertThatThrownBy(() -> new StackPlan(0, 1, 0, 15_432, ALL))
        .hasMessageContaining("--write-servers");
    assertThatThrownBy(() -> new StackPlan(1, 21, 0, 15_432, ALL))
        .hasMessageContaining("--read-servers");
    assertThatThrownBy(() -> new StackPlan(1, 1, 20_000, 15_432, ALL))
        .hasMessageContaining("--port-offset");
  }
}
