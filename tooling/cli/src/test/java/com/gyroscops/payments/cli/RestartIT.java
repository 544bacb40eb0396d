package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The supervisor of a stack starts again what dies, unless it is told not to. */
final class RestartIT {

  /** A server on a slow machine, after the first delays. */
  private static final Duration BACK_MAX = Duration.ofMinutes(5);

  private static final Duration POLL = Duration.ofMillis(500);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @Test
  void what_is_killed_comes_back_by_itself_with_its_data_and_status_tells_how_often()
      throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      stack
          .run(
              "up",
              "--detach",
              "--port-offset",
              Integer.toString(stack.portOffset()),
              "--without",
              "search,memory,temporal")
          .succeeded();
      stack.redis("SET answer 42");
      for (String victim : List.of("redis", "read-server-0", "write-server-0", "postgresql")) {
        assertThat(component(stack, victim).get("restarts").getAsInt()).isZero();
        ProcessHandle process = kill(stack, victim);
        eventually(
            victim + " is back",
            BACK_MAX,
            POLL,
            () ->
                stack.status().exitCode() == 0
                    && component(stack, victim).get("pid").getAsLong() != process.pid());
        // It is counted once the supervisor, too, has seen it answer.
        eventually(
            "it is told of",
            BACK_MAX,
            POLL,
            () -> component(stack, victim).get("restarts").getAsInt() > 0);
        assertThat(component(stack, victim).get("restarts").getAsInt()).isEqualTo(1);
      }
      assertThat(stack.redis("STRLEN answer")).isEqualTo(":2");
      // What a kill left undone, such as a lease that has to lapse, may hold the first one up.
      eventually("it works", BACK_MAX, POLL, () -> stack.run("demo").exitCode() == 0);
      assertThat(log(stack))
          .contains(
              "redis ended by itself; started again in 1 s",
              "postgresql ended by itself; started again in 1 s",
              "write-server-0 ended with code 137");

      stack.run("up", "--detach", "--no-restart").succeeded();
      kill(stack, "redis");
      eventually(
          "it is said who starts it",
          BACK_MAX,
          POLL,
          () -> log(stack).contains("redis ended by itself; ./payments up starts it again"));
      assertThat(stack.status().exitCode()).isEqualTo(3);
      stack.run("up", "--detach").succeeded();
      stack.ready();
      assertThat(component(stack, "redis").get("restarts").getAsInt()).isEqualTo(1);
    }
  }

  private static ProcessHandle kill(CliStack stack, String victim) throws IOException {
    ProcessHandle process = stack.process(victim);
    assertThat(process.destroyForcibly()).isTrue();
    assertThat(Processes.awaitEnd(List.of(process), Duration.ofMinutes(1))).isTrue();
    return process;
  }

  private static String log(CliStack stack) throws IOException {
    return Files.readString(stack.dataDirectory().resolve("logs").resolve("supervisor.log"));
  }

  private static JsonObject component(CliStack stack, String name) throws IOException {
    for (JsonElement element : stack.status().json().getAsJsonArray("components")) {
      JsonObject component = element.getAsJsonObject();
      if (component.get("name").getAsString().equals(name)) {
        return component;
      }
    }
    throw new AssertionError("no component " + name);
  }
}
