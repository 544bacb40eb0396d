package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.gyroscops.payments.cli.CliStack.Running;
import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What dies together comes back together, and what dies at its first start comes back, too. */
final class RestartTogetherIT {

  /** A server on a slow machine, after the first delays. */
  private static final Duration BACK_MAX = Duration.ofMinutes(3);

  private static final Duration POLL = Duration.ofMillis(500);

  private static final Pattern RESTARTED_ONCE =
      Pattern.compile("\"name\":\"read-server-1\"[^}]*\"restarts\":1\\b");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @Test
  void engines_that_die_together_do_not_wait_for_one_another() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      up(stack, "--without", "search,memory").succeeded();
      List<ProcessHandle> victims = List.of(stack.process("temporal"), stack.process("redis"));
      int before = log(stack).length();
      for (ProcessHandle victim : victims) {
        victim.destroyForcibly();
        assertThat(Processes.awaitEnd(List.of(victim), Duration.ofMinutes(1))).isTrue();
      }

      eventually(
          "both are back",
          BACK_MAX,
          POLL,
          () -> log(stack).substring(before).contains("temporal        ready"));

      assertThat(log(stack).substring(before))
          .containsSubsequence("redis           ready", "temporal        ready");
    }
  }

  @Test
  void a_server_that_dies_while_up_starts_it_comes_back_by_itself() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      up(stack, "--without", "redis,search,memory,temporal").succeeded();
      Running second = stack.start("up", "--detach", "--read-servers", "2");
      eventually(
          "the second one is being started",
          BACK_MAX,
          Duration.ofMillis(10),
          () -> recorded(stack, "read-server-1").isPresent());
      recorded(stack, "read-server-1").orElseThrow().destroyForcibly();
      assertThat(stack.end(second).exitCode()).isEqualTo(1);

      // A restart counts once the supervisor has seen that the server answers.
      eventually(
          "it is back",
          BACK_MAX,
          POLL,
          () ->
              RESTARTED_ONCE.matcher(stack.status().json().toString()).find()
                  && stack.status().exitCode() == 0);
    }
  }

  private static CliStack.Ran up(CliStack stack, String... more) throws IOException {
    return stack.run(
        Stream.concat(
                Stream.of("up", "--detach", "--port-offset", Integer.toString(stack.portOffset())),
                Stream.of(more))
            .toArray(String[]::new));
  }

  /** The process of a server by the state file, which is written before it serves. */
  private static Optional<ProcessHandle> recorded(CliStack stack, String name) throws IOException {
    JsonObject state =
        JsonParser.parseString(Files.readString(stack.dataDirectory().resolve("state.json")))
            .getAsJsonObject();
    for (JsonElement server : state.getAsJsonArray("servers")) {
      if (server.getAsJsonObject().get("name").getAsString().equals(name)) {
        return ProcessHandle.of(server.getAsJsonObject().get("pid").getAsLong());
      }
    }
    return Optional.empty();
  }

  private static String log(CliStack stack) throws IOException {
    return Files.readString(stack.dataDirectory().resolve("logs").resolve("supervisor.log"));
  }
}
