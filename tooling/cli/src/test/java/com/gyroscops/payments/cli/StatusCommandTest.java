package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.StatusCommand.Progress;
import com.gyroscops.payments.stack.Feature;
import com.gyroscops.payments.stack.process.Metrics;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class StatusCommandTest {

  @Test
  void each_source_is_told_as_its_figures_say_and_one_without_figures_is_not_made_up() {
    Metrics metrics =
        Metrics.parse(
            """
            payments_source_position{source="sql"} 10.0
            payments_source_events_behind{source="sql"} 0.0
            payments_source_oldest_unapplied_age_seconds{source="sql"} 0.0
            payments_source_position{source="redis"} 7.0
            payments_source_events_behind{source="redis"} 3.0
            payments_source_position{source="memory"} NaN
            payments_source_events_behind{source="memory"} NaN
            """);

    assertThat(StatusCommand.progress("read-server-0", metrics, Set.of(Feature.values())))
        .containsExactly(
            progress("memory", "NOT_REPORTED", OptionalLong.empty(), OptionalLong.empty()),
            progress("redis", "BEHIND", OptionalLong.of(7), OptionalLong.of(3)),
            progress("search", "NOT_REPORTED", OptionalLong.empty(), OptionalLong.empty()),
            new Progress(
                "read-server-0",
                "sql",
                "CURRENT",
                OptionalLong.of(10),
                OptionalLong.of(0),
                OptionalDouble.of(0)));
  }

  @Test
  void a_held_snapshot_and_a_lack_of_partitions_are_told_of() {
    Metrics metrics =
        Metrics.parse(
            """
            payments_log_partitions_room_events 900000.0
            payments_log_partitions_room_wanted_events 2.0E7
            payments_database_snapshot_held_seconds{application="pg_dump",kind="session",pid="4711"} 75.0
            """);
    assertThat(StatusCommand.databaseTroubles(metrics))
        .containsExactly(
            "partitions of the log have room for 900000 events instead of 20000000; no command is"
                + " taken after that",
            "dead rows cannot be removed: a snapshot is held for 75 s by pg_dump, pid 4711"
                + " (session)");
    assertThat(
            StatusCommand.databaseTroubles(
                Metrics.parse(
                    """
                    payments_log_partitions_room_events 1.99E7
                    payments_log_partitions_room_wanted_events 2.0E7
                    """)))
        .isEmpty();
  }

  private static Progress progress(
      String source, String health, OptionalLong position, OptionalLong behind) {
    return new Progress("read-server-0", source, health, position, behind, OptionalDouble.empty());
  }
}
