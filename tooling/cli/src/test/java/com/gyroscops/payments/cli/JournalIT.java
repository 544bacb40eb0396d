package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.gyroscops.payments.cli.CliStack.Ran;
import com.gyroscops.payments.cli.CliStack.Running;
import com.gyroscops.payments.cli.imports.CommandFile;
import com.gyroscops.payments.platform.journal.Segment;
import com.gyroscops.payments.stack.process.Metrics;
import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The journal holds every event once, in order, whoever of its keepers is killed. */
@Order(Order.DEFAULT + 1)
final class JournalIT {

  private static final Duration AWAIT_MAX = Duration.ofMinutes(3);
  private static final Duration POLL = Duration.ofMillis(50);

  /** In the middle of the import: there is a journal, and more to come. */
  private static final int KILL_AFTER_EVENTS_MAX = 2_000;

  /** Seconds; longer than a server takes to be missed, on a slow machine. */
  private static final String GIVE_UP_AFTER = "300";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @Test
  void its_keeper_is_killed_during_an_import_and_it_holds_each_event_once() throws Exception {
    Path commands = CliStack.input().commands();
    int killAfter = killAfter(commands);
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      stack
          .up("--write-servers", "2", "--without", "redis,search", "--without", "memory")
          .succeeded();
      List<ProcessHandle> servers =
          List.of(stack.process("write-server-0"), stack.process("write-server-1"));
      Running importing =
          stack.start("import", commands.toString(), "--json", "--give-up-after", GIVE_UP_AFTER);
      int owner = awaitOwner(stack, -1, killAfter);
      ProcessHandle victim = servers.get(owner);

      assertThat(victim.destroyForcibly()).isTrue();
      assertThat(Processes.awaitEnd(List.of(victim), Duration.ofMinutes(1))).isTrue();
      int next = awaitOwner(stack, owner, 0);
      assertThat(next).isEqualTo(1 - owner);
      stack.up().succeeded();
      stack.end(importing).succeeded();

      List<String> events = eventIds(stack);
      assertThat(events).hasSizeGreaterThan(killAfter);
      // Whoever keeps it by now.
      await(() ->
          Math.max(
                  figure(stack, 0, "payments_journal_position"),
                  figure(stack, 1, "payments_journal_position"))
              == events.size());
      JsonObject verified =
          stack
              .run("journal", "verify", "--expect-position", "" + events.size(), "--json")
              .succeeded()
              .json();
      assertThat(verified.get("whole").getAsBoolean()).isTrue();
      assertThat(verified.get("last_position").getAsInt()).isEqualTo(events.size());
      assertThat(exported(stack).stream().map(JournalIT::eventId)).isEqualTo(events);

      stack.run("down").succeeded();
      damage(stack);
    }
  }

  private static int killAfter(Path commands) throws IOException {
    int rows = 0;
    try (CommandFile file = CommandFile.open(commands)) {
      while (file.hasNext()) {
        file.next();
        rows++;
      }
    }
    return Math.min(KILL_AFTER_EVENTS_MAX, rows / 2);
  }

  private static String eventId(JsonObject line) {
    return ofEvent(line, "event_id");
  }

  private static Instant recordTime(JsonObject line) {
    return Instant.parse(ofEvent(line, "record_time"));
  }

  private static String ofEvent(JsonObject line, String field) {
    return line.getAsJsonObject("event").get(field).getAsString();
  }

  private static List<Long> positions(List<JsonObject> lines) {
    return positions(lines, line -> true);
  }

  private static List<Long> positions(List<JsonObject> lines, Predicate<JsonObject> selected) {
    return lines.stream().filter(selected).map(line -> line.get("position").getAsLong()).toList();
  }

  private List<JsonObject> exported(CliStack stack, String... filters) throws IOException {
    Path file = folder.resolve("export.jsonl");
    List<String> command =
        new ArrayList<>(List.of("journal", "export", "--output", file.toString()));
    command.addAll(List.of(filters));
    stack.run(command.toArray(String[]::new)).succeeded();
    return Files.readAllLines(file).stream()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  /** What the commands say of a journal to which something was done. */
  private void damage(CliStack stack) throws IOException {
    List<JsonObject> all = exported(stack);
    JsonObject middle = all.get(all.size() / 2);
    String organization = ofEvent(middle, "organization_id");
    String time = ofEvent(middle, "record_time");
    Predicate<JsonObject> earlier = line -> recordTime(line).isBefore(recordTime(middle));
    assertThat(positions(exported(stack, "--organization", organization)))
        .isEqualTo(positions(all, line -> ofEvent(line, "organization_id").equals(organization)));
    assertThat(positions(exported(stack, "--from", time)))
        .isEqualTo(positions(all, earlier.negate()))
        .doesNotContain(1L);
    assertThat(positions(exported(stack, "--to", time)))
        .isEqualTo(positions(all, earlier))
        .contains(1L);

    Ran short0 = stack.run("journal", "verify", "--expect-position", "" + (all.size() + 1));
    assertThat(short0.exitCode()).isEqualTo(1);
    assertThat(short0.out()).contains("SHORT");

    Path last = Segment.all(stack.dataDirectory().resolve("journal")).getLast().file();
    long size = Files.size(last);
    try (RandomAccessFile file = new RandomAccessFile(last.toFile(), "rw")) {
      file.setLength(size - 5);
    }
    Ran torn = stack.run("journal", "verify");
    assertThat(torn.exitCode()).isEqualTo(4);
    assertThat(torn.out()).contains("TORN TAIL", "repaired at the next start");

    try (RandomAccessFile file = new RandomAccessFile(last.toFile(), "rw")) {
      file.seek(size / 2);
      int before = file.read();
      file.seek(size / 2);
      file.write(before ^ 1);
    }
    Ran damaged = stack.run("journal", "verify");
    assertThat(damaged.exitCode()).isEqualTo(1);
    assertThat(damaged.out()).contains("DAMAGED (CHANGED)", last.getFileName().toString(), "line ");
    assertThat(stack.run("journal", "verify", "--expect-hash", "1").exitCode()).isEqualTo(2);
    assertThat(stack.run("journal", "verify", folder.resolve("none").toString()).exitCode())
        .isEqualTo(1);
  }

  private static List<String> eventIds(CliStack stack) throws Exception {
    List<String> ids = new ArrayList<>();
    try (Connection connection = stack.database("payments_write");
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("select event_id::text from events order by position")) {
      while (row.next()) {
        ids.add(row.getString(1));
      }
    }
    return ids;
  }

  /** Which write-server keeps the journal and has come so far with it, other than one. */
  private static int awaitOwner(CliStack stack, int other, int position) {
    int[] owner = {-1};
    await(() -> {
      for (int i = 0; i < 2; i++) {
        if (i != other
            && figure(stack, i, "payments_journal_owner") == 1
            && figure(stack, i, "payments_journal_position") >= position) {
          owner[0] = i;
        }
      }
      return owner[0] >= 0;
    });
    return owner[0];
  }

  /** As a server tells it; below 0: it does not, or does not answer just now. */
  private static double figure(CliStack stack, int writeServer, String name)
      throws InterruptedException {
    try {
      return Metrics.read(8_081 + stack.portOffset() + 100 * writeServer).max(name).orElse(-1);
    } catch (IOException _) {
      return -1;
    }
  }

  private static void await(Callable<Boolean> condition) {
    eventually("in time", AWAIT_MAX, POLL, condition);
  }
}
