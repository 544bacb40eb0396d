package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.gyroscops.payments.cli.CliStack.Ran;
import com.gyroscops.payments.cli.CliStack.Running;
import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The main job from end to end, as a user does it: real processes, real input. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class StackIT {

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path shared;

  /** With all parts, for the tests that leave it whole. */
  private static CliStack whole;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @BeforeAll
  static void begin() {
    whole = new CliStack(shared.resolve("data"));
  }

  @AfterAll
  static void end() throws IOException {
    whole.close();
  }

  @Test
  @Order(1)
  void it_comes_up_takes_the_real_input_and_keeps_it() throws Exception {
    CliStack stack = whole;
    String up = stack.up().succeeded().out();
    assertThat(up)
        .contains(
            "postgresql", "redis://", "http://", "write-server-0", "read-server-0", "grpcurl");
    assertThat(stack.ready().json().get("ready").getAsBoolean()).isTrue();

    CliStack.Input input = CliStack.input();
    Path commands = input.commands();
    var audit = new RetailAudit(stack, input);
    Ran first = stack.run("import", commands.toString(), "--json").succeeded();
    audit.assertCounts(first.json());
    assertThat(first.json().get("replayed").getAsLong()).isZero();
    assertThat(first.out().lines().filter(line -> line.contains("\"reason\"")))
        .hasSize(audit.rejected());
    audit.assertAllThereOnce(1);

    Ran second = stack.run("import", commands.toString(), "--json").succeeded();
    audit.assertCounts(second.json());
    long invalid = second.out().lines().filter(line -> line.contains("FIELD_INVALID")).count();
    // What is invalid is refused before it is looked up or stored; all else is answered again.
    assertThat(second.json().get("replayed").getAsLong())
        .isEqualTo(second.json().get("rows").getAsLong() - invalid);
    audit.assertAllThereOnce(1);

    stack.run("down").succeeded();
    assertThat(stack.status().exitCode()).isEqualTo(3);
    stack.up("--read-servers", "2").succeeded();
    audit.assertAllThereOnce(2);
  }

  /** On the stack of the test before it, whose log it makes longer. */
  @Test
  @Order(2)
  void the_demo_tells_its_story_as_often_as_asked() throws Exception {
    whole.up().succeeded();
    for (int i = 0; i < 2; i++) {
      assertThat(whole.run("demo", "--seed", "7").succeeded().out())
          .contains("REFUND_EXCEEDS_REMAINING", "replayed true", "statistics", "history");
    }
    // What the other tests start needs the memory.
    whole.run("down").succeeded();
  }

  @Test
  void up_repairs_what_died_and_adds_what_is_asked_for() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      stack.up("--without", "redis,search", "--without", "memory,temporal").succeeded();
      ProcessHandle write = stack.process("write-server-0");
      ProcessHandle read = stack.process("read-server-0");
      write.destroyForcibly();
      assertThat(Processes.awaitEnd(List.of(write), Duration.ofMinutes(1))).isTrue();
      assertThat(stack.status().exitCode()).isEqualTo(3);

      stack.up("--write-servers", "2").succeeded();

      assertThat(stack.ready().json().getAsJsonArray("components")).hasSize(4);
      assertThat(stack.process("read-server-0")).isEqualTo(read);
      assertThat(stack.run("up", "--detach", "--write-servers", "1").exitCode()).isEqualTo(1);
      assertThat(read.isAlive()).isTrue();
    }
  }

  @Test
  void an_engine_that_dies_is_started_again_by_up_with_its_data_and_down_stops_all()
      throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      stack.up("--without", "temporal").succeeded();
      List<ProcessHandle> victims = List.of(stack.process("redis"), stack.process("opensearch"));
      ProcessHandle read = stack.process("read-server-0");
      stack.redis("SET answer 42");
      victims.forEach(ProcessHandle::destroyForcibly);
      assertThat(Processes.awaitEnd(victims, Duration.ofMinutes(1))).isTrue();
      assertThat(stack.status().exitCode()).isEqualTo(3);

      stack.up().succeeded();

      List<ProcessHandle> engines =
          List.of(stack.process("postgresql"), stack.process("redis"), stack.process("opensearch"));
      assertThat(engines).doesNotContainAnyElementsOf(victims);
      assertThat(stack.process("read-server-0")).isEqualTo(read);
      assertThat(stack.redis("STRLEN answer")).isEqualTo(":2");
      assertThat(stack.ready().out()).contains("\"health\":\"ANSWERS\"").doesNotContain("SILENT");

      killSupervisor(stack);
      assertThat(stack.run("down").succeeded().out()).contains("supervisor that died");
      assertThat(engines).noneMatch(Processes::isRunning);
    }
  }

  @Test
  void a_stack_without_sources_runs_none_of_their_engines_and_keeps_to_it() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      assertThat(stack.up("--without", "search").succeeded().out())
          .contains("redis://")
          .doesNotContain("opensearch");
      assertThat(stack.up().succeeded().out()).doesNotContain("opensearch");
      assertThat(stack.ready().json().toString())
          .doesNotContain("opensearch", "\"source\":\"search\"");

      Ran changed = stack.up("--without", "redis");
      assertThat(changed.exitCode()).isEqualTo(1);
      assertThat(changed.out()).contains("redis, memory, temporal", "./payments down");
    }
  }

  @Test
  void a_source_that_cannot_be_left_out_is_answered_with_those_that_can() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      for (String name : new String[] {"sql", "Redis", "lucene"}) {
        Ran ran = stack.up("--without", "memory," + name);
        assertThat(ran.exitCode()).isEqualTo(2);
        assertThat(ran.err()).contains("'" + name + "'", "redis, search, memory, temporal");
      }
    }
  }

  @Test
  void after_its_supervisor_was_killed_up_starts_anew_and_down_stops_all() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      stack.up("--without", "search,temporal").succeeded();
      stack.run("demo").succeeded();
      ProcessHandle write = stack.process("write-server-0");
      killSupervisor(stack);
      assertThat(write.isAlive()).isTrue();
      assertThat(stack.status().exitCode()).isEqualTo(3);

      stack.up("--without", "search,temporal").succeeded();
      assertThat(Processes.isRunning(write)).isFalse();
      JsonObject status = stack.ready().json();
      assertThat(status.get("head_position").getAsLong()).isPositive();

      ProcessHandle postgres = stack.process("postgresql");
      killSupervisor(stack);
      assertThat(stack.run("down").succeeded().out()).contains("supervisor that died");
      assertThat(Processes.isRunning(postgres)).isFalse();
      assertThat(stack.run("down").succeeded().out()).contains("nothing is running");
    }
  }

  private static void killSupervisor(CliStack stack) throws Exception {
    String state = Files.readString(stack.dataDirectory().resolve("state.json"));
    long pid =
        com.google.gson.JsonParser.parseString(state)
            .getAsJsonObject()
            .getAsJsonObject("supervisor")
            .get("pid")
            .getAsLong();
    ProcessHandle supervisor = ProcessHandle.of(pid).orElseThrow();
    supervisor.destroyForcibly();
    assertThat(Processes.awaitEnd(List.of(supervisor), Duration.ofMinutes(1))).isTrue();
  }

  @Test
  void in_the_foreground_it_stays_until_told_to_end_and_then_stops_all() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      Running up = stack.start("up", "--port-offset", Integer.toString(stack.portOffset()));
      eventually(
          "it is up",
          Duration.ofMinutes(10),
          () -> Files.readString(up.out()).contains("Ctrl-C stops everything"));
      assertThat(up.process().isAlive()).isTrue();

      up.process().destroy(); // SIGTERM; a terminal's Ctrl-C takes the same way.

      assertThat(stack.end(up).out())
          .contains(
              "stopping",
              "drained and stopped",
              "postgresql stopped",
              "redis stopped",
              "opensearch stopped");
      assertThat(stack.run("down").succeeded().out()).contains("nothing is running");
    }
  }

  @Test
  void a_port_in_use_is_named_with_the_option_and_nothing_stays_running() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"));
        ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Ran ran =
          stack.run("up", "--detach", "--postgres-port", Integer.toString(taken.getLocalPort()));
      assertThat(ran.exitCode()).isEqualTo(1);
      assertThat(ran.out())
          .contains(Integer.toString(taken.getLocalPort()), "in use", "--postgres-port");
      assertThat(stack.run("down").out()).contains("nothing is running");
    }
  }

  @Test
  void secrets_are_for_the_owner_alone() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      stack.up("--without", "redis,search,memory,temporal").succeeded();
      for (String file : new String[] {"page-token-secret", "state.json"}) {
        assertThat(
                PosixFilePermissions.toString(
                    Files.getPosixFilePermissions(stack.dataDirectory().resolve(file))))
            .isEqualTo("rw-------");
      }
    }
  }
}
