package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.stack.process.ServerJvm;
import io.grpc.ManagedChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A stack in a folder of its own, on ports of its own, worked as a user would: through the
 * program's command line, in processes. {@link #close} leaves nothing running.
 */
final class CliStack implements AutoCloseable {

  private static final Duration COMMAND_MAX = Duration.ofMinutes(10);

  /** Longest until a status says what is so: it gives each part two seconds to answer. */
  private static final Duration READY_MAX = Duration.ofMinutes(2);

  private static final Duration READY_POLL = Duration.ofMillis(500);
  private static final Path HOME =
      Path.of(System.getProperty("payments.home", "../..")).toAbsolutePath().normalize();

  /**
   * Shared by all stacks: copied once, and with caches once {@link AheadOfTimeIT} has trained them.
   */
  static final Path PROGRAMS = HOME.resolve("tooling/cli/target/programs");

  /** From here to there every port of a stack lies outside those of outgoing connections. */
  private static final int OFFSET_MIN = 11_000;

  private static final int OFFSET_MAX = 13_400;

  private static final Pace SLOW = new Pace(Pace.SLOWNESS_MAX);

  private final Path dataDirectory;
  private final Path programs;
  private final Map<String, String> environment;
  private final int portOffset;

  /** What a command printed and how it ended. */
  record Ran(int exitCode, String out, String err) {
    Ran succeeded() {
      assertThat(exitCode).withFailMessage(() -> out + err).isZero();
      return this;
    }

    /** The last line of the standard output, as JSON. */
    JsonObject json() {
      List<String> lines = out.lines().toList();
      return JsonParser.parseString(lines.getLast()).getAsJsonObject();
    }
  }

  CliStack(Path dataDirectory) {
    this(dataDirectory, Map.of());
  }

  /**
   * @param environment what commands, and the processes that they start, find in theirs
   */
  CliStack(Path dataDirectory, Map<String, String> environment) {
    this(dataDirectory, environment, PROGRAMS);
  }

  /** The same with a folder of its own for copies of the jars. */
  CliStack(Path dataDirectory, Map<String, String> environment, Path programs) {
    this.dataDirectory = dataDirectory;
    this.programs = programs;
    this.environment = new HashMap<>(Map.of("PAYMENTS_TRAINING", "off"));
    this.environment.putAll(environment);
    this.portOffset = freeOffset();
  }

  /** A file of commands, and what must come of it. */
  record Input(Path commands, Path expected) {}

  /** The real input, or, where that is not there, the small one of the repository. */
  static Input input() {
    Path folder = Path.of(System.getProperty("payments.retail.dir", "../../../shared/data"));
    Input real =
        new Input(folder.resolve("retail-commands.csv"), folder.resolve("retail-expected.json"));
    if (Files.exists(real.commands()) && Files.exists(real.expected())) {
      return real;
    }
    System.out.printf(
        "no real input in %s, which -Dpayments.retail.dir names: the small one is used%n", folder);
    return smallInput();
  }

  /** The small input of the repository. */
  static Input smallInput() {
    Path small = HOME.resolve("tooling/cli/src/test/resources");
    return new Input(small.resolve(DirtyInput.COMMANDS), small.resolve(DirtyInput.EXPECTED));
  }

  private static int freeOffset() {
    Random random = new Random();
    while (true) {
      int offset = OFFSET_MIN + random.nextInt(OFFSET_MAX - OFFSET_MIN);
      boolean free =
          IntStream.of(
                  15_432, 50_051, 50_061, 8_081, 50_151, 50_161, 8_181, 50_052, 8_082, 50_152,
                  8_182, 50_252, 8_282, 16_379, 19_200, 50_062, 50_162, 50_262)
              .allMatch(port -> FreePorts.claim(port + offset));
      if (free) {
        return offset;
      }
    }
  }

  /**
   * Starts what is missing and waits until all is ready. What a test kills stays dead until the
   * next call.
   */
  Ran up(String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "up", "--detach", "--no-restart", "--port-offset", Integer.toString(portOffset)));
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  /** Runs a command to its end. */
  Ran run(String... arguments) throws IOException {
    return end(start(arguments));
  }

  /** A command that runs; its output goes to files. */
  record Running(Process process, Path out, Path err) {}

  Running start(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                ServerJvm.java(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dpayments.programs=" + programs,
                "--sun-misc-unsafe-memory-access=allow",
                "-Dpayments.home=" + HOME));
    command.addAll(TrainedCaches.options(programs, "cli"));
    command.addAll(List.of("-jar", HOME.resolve("tooling/cli/target/cli.jar").toString()));
    command.addAll(List.of(arguments));
    command.add("--data-dir");
    command.add(dataDirectory.toString());
    Path out = Files.createTempFile(dataDirectory.getParent(), "out", ".txt");
    Path err = Files.createTempFile(dataDirectory.getParent(), "err", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().putAll(environment);
    return new Running(builder.start(), out, err);
  }

  Ran end(Running running) throws IOException {
    try {
      if (!running.process().waitFor(COMMAND_MAX.toSeconds(), TimeUnit.SECONDS)) {
        running.process().destroyForcibly();
        throw new AssertionError("a command did not end: " + Files.readString(running.out()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while a command runs", e);
    }
    return new Ran(
        running.process().exitValue(),
        Files.readString(running.out()),
        Files.readString(running.err()));
  }

  Ran status() throws IOException {
    return run("status", "--json");
  }

  /** The status once it says that all is ready, as it does in the end where that is so. */
  Ran ready() {
    List<Ran> looks = new ArrayList<>();
    try {
      eventually(
          "all is ready",
          READY_MAX,
          READY_POLL,
          () -> {
            looks.add(status());
            return looks.getLast().exitCode() == 0;
          });
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("not ready: " + looks.getLast(), e);
    }
    return looks.getLast();
  }

  /** The process of a component, as the status tells. */
  ProcessHandle process(String name) throws IOException {
    for (JsonElement element : status().json().getAsJsonArray("components")) {
      JsonObject component = element.getAsJsonObject();
      if (component.get("name").getAsString().equals(name)) {
        return ProcessHandle.of(component.get("pid").getAsLong()).orElseThrow();
      }
    }
    throw new AssertionError("no component " + name);
  }

  /** A channel that waits for answers as long as a slow machine may take. */
  ManagedChannel readServer(int index) {
    return Clients.retrying(readTarget(index), SLOW.serviceConfig());
  }

  String readTarget(int index) {
    return "127.0.0.1:" + (50_052 + portOffset + 100 * index);
  }

  /** Of a read-server's administration. */
  String internalReadTarget(int index) {
    return "127.0.0.1:" + (50_062 + portOffset + 100 * index);
  }

  /** Where OpenSearch answers. */
  String searchUrl() {
    return "http://127.0.0.1:" + (19_200 + portOffset);
  }

  /** As {@link #readServer}. */
  ManagedChannel writeServer(int index) {
    return Clients.retrying(writeTarget(index), SLOW.serviceConfig());
  }

  String writeTarget(int index) {
    return "127.0.0.1:" + (50_051 + portOffset + 100 * index);
  }

  Connection database(String name) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + (15_432 + portOffset) + "/" + name, "postgres", "");
  }

  /** Who projects a source for all read-servers, and under which fence. */
  record Lease(String holder, long fence) {}

  /** Leases that have not ended, by name. One that lapsed is missing until somebody takes it. */
  Map<String, Lease> leases() throws SQLException {
    Map<String, Lease> leases = new HashMap<>();
    try (var connection = database("payments_read");
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "select name, holder, fence from leases where expires_at > clock_timestamp()")) {
      while (row.next()) {
        leases.put(row.getString(1), new Lease(row.getString(2), row.getLong(3)));
      }
    }
    return leases;
  }

  /** Redis's answer to a command of one line. */
  String redis(String command) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), 16_379 + portOffset)) {
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      return new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
          .readLine();
    }
  }

  int portOffset() {
    return portOffset;
  }

  Path dataDirectory() {
    return dataDirectory;
  }

  @Override
  public void close() throws IOException {
    run("down");
  }
}
