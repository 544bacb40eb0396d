package com.gyroscops.payments.cli.deploy;

import static com.gyroscops.payments.cli.deploy.Server.READ;
import static com.gyroscops.payments.cli.deploy.Server.WRITE;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.cli.deploy.Server.Running;
import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.stack.engine.LocalRedis;
import com.gyroscops.payments.stack.process.FreePorts;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A server whose environment is wrong says in one line what is wrong and which variable to change,
 * and ends with the code that docs/operations.md promises; one whose stores are away waits or
 * serves without them, as it promises, too. Secrets are never told. About 30 s.
 */
final class BadEnvironmentIT {

  private static final int MISCONFIGURED = 78;
  private static final int UNAVAILABLE = 69;

  /** In every place where a password may be. */
  private static final String WRONG = "wr0ng-s3cret";

  private static final String NOBODY = "127.0.0.1:1";
  private static final Duration LINE_MAX = Duration.ofMinutes(5);

  /** Variables that may hold any text. */
  private static final Set<String> FREE =
      Set.of(
          "WRITE_DATABASE_USER",
          "WRITE_DATABASE_PASSWORD",
          "WRITE_RULES",
          "WRITE_THROUGH_SOURCES",
          "TEMPORAL_NAMESPACE",
          "TEMPORAL_TASK_QUEUE",
          "JOURNAL_FOLDER",
          "READ_DATABASE_USER",
          "READ_DATABASE_PASSWORD",
          "TEMPORAL_API_KEY",
          "FEED_API_KEY",
          "SEARCH_USER",
          "SEARCH_PASSWORD",
          "MEMORY_FOLDER",
          "GRPC_HOST");

  @TempDir static Path folder;

  private static Databases databases;
  private static ServerSocket taken;

  @BeforeAll
  static void start() throws Exception {
    databases = Databases.start();
    taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    Files.writeString(folder.resolve("empty"), "\n");
    Files.writeString(folder.resolve("wrong"), WRONG + "\n");
  }

  @AfterAll
  static void stop() throws IOException {
    taken.close();
    databases.close();
  }

  /**
   * A server that does not start.
   *
   * @param changes to an environment with which it would
   * @param line pieces of what it says
   */
  record Case(Server server, Map<String, String> changes, int exitCode, List<String> line) {
    @Override
    public String toString() {
      return server.label() + " " + changes;
    }
  }

  private static Case refused(Server server, Map<String, String> changes, String... line) {
    return new Case(server, changes, MISCONFIGURED, List.of(line));
  }

  static Stream<Case> cases() throws IOException {
    String port = Integer.toString(taken.getLocalPort());
    String twice = Integer.toString(FreePorts.next());
    String nowhere = folder.resolve("missing").toString();
    String empty = folder.resolve("empty").toString();
    String wrong = folder.resolve("wrong").toString();
    return Stream.of(
        new Case(WRITE, Map.of("GRPC_PORT", port), UNAVAILABLE, List.of("GRPC_PORT", port)),
        new Case(READ, Map.of("INTERNAL_GRPC_PORT", port), UNAVAILABLE, List.of("INTERNAL", port)),
        new Case(
            READ,
            Map.of("GRPC_PORT", twice, "HTTP_PORT", twice),
            UNAVAILABLE,
            List.of("HTTP_PORT is " + twice)),
        refused(WRITE, Map.of("GRPC_HOST", "nowhere.invalid"), "GRPC_HOST", "nowhere.invalid"),
        refused(WRITE, Map.of("HTTP_PORT", ""), "HTTP_PORT must be", "\"\""),
        refused(WRITE, Map.of("HTTP_PORT", "65536"), "HTTP_PORT must be", "65536"),
        refused(WRITE, Map.of("QUEUE_COMMANDS_MAX", "0"), "QUEUE_COMMANDS_MAX must be 1 to"),
        refused(WRITE, Map.of("DRAIN_NOTICE", "6m"), "DRAIN_NOTICE", "0s to 5m"),
        refused(WRITE, Map.of("WRITE_RULES", "-> sql; x"), "WRITE_RULES", "\"x\""),
        refused(WRITE, Map.of("WRITE_STRATEGY_DEFAULT", "WRITE_BEHIND"), "TEMPORAL_ADDRESS"),
        refused(WRITE, Map.of("JOURNAL_REQUIRED", "true"), "JOURNAL_FOLDER"),
        refused(
            WRITE,
            Map.of("WRITE_DATABASE_PASSWORD", WRONG),
            "WRITE_DATABASE_USER with WRITE_DATABASE_PASSWORD",
            "authentication failed"),
        refused(
            WRITE,
            Map.of("WRITE_DATABASE_PASSWORD", "", "WRITE_DATABASE_PASSWORD_FILE", wrong),
            "WRITE_DATABASE_USER with WRITE_DATABASE_PASSWORD"),
        refused(
            WRITE,
            Map.of("WRITE_DATABASE_PASSWORD", ""),
            "WRITE_DATABASE_USER without WRITE_DATABASE_PASSWORD"),
        refused(WRITE, Map.of("WRITE_DATABASE_USER", "nobody"), "WRITE_DATABASE_USER", "nobody"),
        refused(
            WRITE,
            Map.of("WRITE_DATABASE_URL", "postgres://user:" + WRONG + "@host/db"),
            "WRITE_DATABASE_URL must be"),
        refused(
            WRITE,
            Map.of("WRITE_DATABASE_PASSWORD", "", "WRITE_DATABASE_PASSWORD_FILE", nowhere),
            "WRITE_DATABASE_PASSWORD_FILE",
            "does not exist"),
        refused(
            WRITE,
            Map.of(
                "WRITE_DATABASE_PASSWORD", "", "WRITE_DATABASE_PASSWORD_FILE", folder.toString()),
            "WRITE_DATABASE_PASSWORD_FILE",
            "cannot be read"),
        refused(
            WRITE,
            Map.of("WRITE_DATABASE_PASSWORD_FILE", wrong),
            "WRITE_DATABASE_PASSWORD and WRITE_DATABASE_PASSWORD_FILE are both set"),
        refused(
            READ,
            Map.of("READ_DATABASE_PASSWORD", WRONG),
            "READ_DATABASE_USER with READ_DATABASE_PASSWORD"),
        refused(
            READ,
            Map.of(
                "READ_DATABASE_URL",
                "jdbc:postgresql://127.0.0.1:%d/nope?password=%s"
                    .formatted(databases.port(), WRONG)),
            "READ_DATABASE_URL"),
        refused(READ, Map.of("PAGE_TOKEN_SECRET", ""), "PAGE_TOKEN_SECRET", "is required"),
        refused(READ, Map.of("PAGE_TOKEN_SECRET", WRONG), "PAGE_TOKEN_SECRET must have 16 bytes"),
        refused(
            READ,
            Map.of("PAGE_TOKEN_SECRET", "", "PAGE_TOKEN_SECRET_FILE", empty),
            "PAGE_TOKEN_SECRET_FILE",
            "is empty"),
        refused(READ, Map.of("FEED_TARGETS", " "), "FEED_TARGETS is required"),
        refused(
            READ,
            Map.of("REPORT_BYTES_MAX", "100000000000", "REPORT_CHUNK_BYTES", "65536"),
            "REPORT_BYTES_MAX must be at most 100000 times REPORT_CHUNK_BYTES"),
        refused(READ, Map.of("REDIS_URI", "redis://:" + WRONG + "@"), "REDIS_URI must be"),
        refused(WRITE, Map.of("AUTH", "required"), "AUTH is required, and neither API_KEYS_FILE"),
        refused(READ, Map.of("AUTH", "observe"), "AUTH is observe, and neither API_KEYS_FILE"),
        refused(WRITE, Map.of("AUTH", "yes"), "AUTH must be required, observe or off"),
        refused(
            WRITE,
            Map.of("AUTH", "required", "API_KEYS_FILE", wrong),
            "API_KEYS_FILE names " + wrong,
            "chmod 600"),
        refused(
            READ,
            Map.of("AUTH", "required", "AUTH_ISSUERS", "id https://id.example.com"),
            "AUTH_ISSUERS must be of a name"),
        refused(READ, Map.of("ROUTING_FIND", "sql,oracle"), "ROUTING_FIND", "oracle"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void a_server_says_in_one_line_what_is_wrong(Case each) throws Exception {
    try (Running server = each.server().start(environment(each.server(), each.changes()))) {
      assertThat(server.end()).as(server.output()).isEqualTo(each.exitCode());
      assertThat(complaints(server)).singleElement().asString().contains(each.line());
      assertThat(complaints(server).getFirst()).contains("not started: ");
      assertThat(server.output()).doesNotContain(WRONG).doesNotContain(Databases.PASSWORD);
      assertThat(server.output().lines()).noneMatch(line -> line.startsWith("\t"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void nonsense_in_every_variable_at_once_is_told_of_each_in_one_line(Server server)
      throws Exception {
    Set<String> names = new TreeSet<>(server.variables().keySet());
    names.removeIf(name -> name.endsWith("_FILE"));
    Map<String, String> environment = new HashMap<>();
    names.forEach(name -> environment.put(name, "\u0001{}\n"));
    try (Running running = server.start(environment)) {
      assertThat(running.end()).isEqualTo(MISCONFIGURED);
      assertThat(running.output().lines()).hasSize(1);
      names.removeAll(FREE);
      assertThat(names)
          .isNotEmpty()
          .allSatisfy(name -> assertThat(running.output()).contains(name + " "));
    }
  }

  @Test
  void a_write_server_waits_for_its_database_and_serves_without_temporal() throws Exception {
    Map<String, String> changes = new HashMap<>(WRITE.freePorts());
    changes.put("TEMPORAL_ADDRESS", NOBODY);
    changes.put(
        "WRITE_DATABASE_URL", "jdbc:postgresql://%s/x?password=%s".formatted(NOBODY, WRONG));
    try (Running waiting = WRITE.start(environment(WRITE, changes))) {
      assertSays(waiting, "waiting: the database of WRITE_DATABASE_URL (%s)".formatted(NOBODY));
      assertThat(waiting.process().isAlive()).isTrue();
      assertQuiet(waiting);
    }
    changes.remove("WRITE_DATABASE_URL");
    try (Running serving = WRITE.start(environment(WRITE, changes))) {
      assertSays(serving, "ready: log main");
      assertSays(serving, "Temporal (TEMPORAL_ADDRESS) does not answer");
      assertQuiet(serving);
    }
  }

  @Test
  void a_read_server_starts_without_anything() throws Exception {
    Map<String, String> changes = new HashMap<>(READ.freePorts());
    changes.put("READ_DATABASE_URL", "jdbc:postgresql://%s/x?password=%s".formatted(NOBODY, WRONG));
    changes.put("SEARCH_URL", "http://" + NOBODY);
    changes.put("SEARCH_PASSWORD", WRONG);
    try (LocalRedis redis = LocalRedis.temporary()) {
      requirePassword(redis);
      changes.put("REDIS_URI", "redis://:%s@127.0.0.1:%d".formatted(WRONG, redis.port()));
      try (Running serving = READ.start(environment(READ, changes))) {
        assertSays(serving, "starting without the sql source", "READ_DATABASE_URL (" + NOBODY);
        assertSays(serving, "no connection to Redis (REDIS_URI)", "WRONGPASS");
        assertSays(serving, "the search engine (SEARCH_URL) does not answer");
        assertSays(serving, "(FEED_TARGETS)");
        assertSays(serving, "gRPC on port");
        // Not ready, but to be left alone: what the probes of Kubernetes go by.
        int port = Integer.parseInt(changes.getOrDefault("GRPC_PORT", ""));
        assertThat(health(port, "")).isEqualTo(ServingStatus.NOT_SERVING);
        assertThat(health(port, ServingHealth.LIVENESS)).isEqualTo(ServingStatus.SERVING);
        assertQuiet(serving);
      }
    }
  }

  private static ServingStatus health(int port, String service) {
    ManagedChannel channel = Clients.failingFast("127.0.0.1:" + port);
    try {
      return HealthGrpc.newBlockingStub(channel)
          .withDeadlineAfter(LINE_MAX.toSeconds(), TimeUnit.SECONDS)
          .check(HealthCheckRequest.newBuilder().setService(service).build())
          .getStatus();
    } finally {
      channel.shutdownNow();
    }
  }

  private static void requirePassword(LocalRedis redis) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
      socket
          .getOutputStream()
          .write("CONFIG SET requirepass right\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readNBytes(3), StandardCharsets.US_ASCII))
          .isEqualTo("+OK");
    }
  }

  /** With which a server would start, but for the changes. */
  private static Map<String, String> environment(Server server, Map<String, String> changes)
      throws IOException {
    Map<String, String> environment = new HashMap<>(server.freePorts());
    environment.putAll(databases.environment(server));
    if (server == READ) {
      environment.put("FEED_TARGETS", NOBODY);
      environment.put("PAGE_TOKEN_SECRET", "a key of sixteen bytes or more");
      environment.put("MEMORY_FOLDER", folder.resolve("memory").toString());
    }
    environment.putAll(changes);
    return environment;
  }

  private static List<String> complaints(Running server) throws IOException {
    return server.output().lines().filter(line -> !line.contains(" INFO ")).toList();
  }

  private static void assertSays(Running server, String... pieces) throws Exception {
    try {
      eventually(
          "it says " + List.of(pieces),
          LINE_MAX,
          Duration.ofMillis(50),
          () -> {
            String output = server.output();
            boolean said =
                output.lines().anyMatch(line -> Stream.of(pieces).allMatch(line::contains));
            assertThat(said || server.process().isAlive()).as(output).isTrue();
            return said;
          });
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "nothing said of %s: %s".formatted(List.of(pieces), server.output()), e);
    }
  }

  /** It told no secret and no stack. */
  private static void assertQuiet(Running server) throws IOException {
    assertThat(server.output()).doesNotContain(WRONG).doesNotContain(Databases.PASSWORD);
    assertThat(server.output().lines())
        .allSatisfy(line -> assertThat(line).matches("\\d{4}-\\d{2}-\\d{2}T.*"));
  }
}
