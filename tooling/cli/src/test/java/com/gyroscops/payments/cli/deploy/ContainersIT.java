package com.gyroscops.payments.cli.deploy;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.gyroscops.payments.cli.deploy.Server.Running;
import com.gyroscops.payments.stack.engine.LocalRedis;
import com.gyroscops.payments.stack.engine.LocalTemporal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the compose file would run in containers: the command line of each server's image with the
 * environment of its first service, the hosts, ports and folders replaced, against real stores. It
 * becomes healthy by its image's own check, and drains within its grace. About 15 s.
 */
final class ContainersIT {

  private static final Duration HEALTHY_MAX = Duration.ofMinutes(5);
  private static final String NOBODY = "127.0.0.1:1";

  @TempDir Path folder;

  @Test
  void each_servers_container_becomes_healthy_and_drains_in_time() throws Exception {
    Path secrets = Files.createDirectory(folder.resolve("secrets"));
    for (Server server : Server.values()) {
      Files.writeString(secrets.resolve(Databases.name(server)), Databases.PASSWORD + "\n");
    }
    Files.writeString(secrets.resolve("page_token"), "a key of sixteen bytes or more");
    try (Databases databases = Databases.start();
        LocalRedis redis = LocalRedis.temporary();
        LocalTemporal temporal = LocalTemporal.temporary()) {
      Map<String, String> replaced = new LinkedHashMap<>();
      replaced.put("write-database:5432", "127.0.0.1:" + databases.port());
      replaced.put("read-database:5432", "127.0.0.1:" + databases.port());
      replaced.put("redis:6379", "127.0.0.1:" + redis.port());
      replaced.put("temporal:7233", temporal.address());
      // The search engine is not needed to be healthy, nor is the other write-server.
      replaced.put("search:9200", NOBODY);
      replaced.put("write-server-2:50061", NOBODY);
      replaced.put("/run/secrets", secrets.toString());
      replaced.put("/var/lib/payments", folder.resolve("data").toString());
      Map<String, String> writePorts = Server.WRITE.freePorts();
      replaced.put("write-server-1:50061", "127.0.0.1:" + writePorts.get("INTERNAL_GRPC_PORT"));

      try (Running write = start(Server.WRITE, replaced, writePorts);
          Running read = start(Server.READ, replaced, Server.READ.freePorts())) {
        // Health waits for neither.
        awaitSays(write, "works on task queue");
        awaitSays(read, "ready");
        assertThat(read.output()).doesNotContain(Databases.PASSWORD);
        assertThat(write.output()).doesNotContain(Databases.PASSWORD);
        assertDrains(Server.READ, read);
        assertDrains(Server.WRITE, write);
      }
      assertThat(folder.resolve("data/journal")).isDirectoryContaining("glob:**");
    }
  }

  private static void awaitSays(Running server, String what) throws IOException {
    try {
      eventually(
          "it says " + what,
          HEALTHY_MAX,
          Duration.ofMillis(100),
          () -> server.output().contains(what));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("nothing said of %s: %s".formatted(what, server.output()), e);
    }
  }

  private static JsonObject service(Server server) throws IOException {
    return DeploymentFiles.services(server).values().iterator().next();
  }

  private static Running start(
      Server server, Map<String, String> replaced, Map<String, String> ports)
      throws IOException, InterruptedException {
    Map<String, String> environment = DeploymentFiles.imageEnvironment();
    environment.putAll(DeploymentFiles.environment(service(server)));
    environment.replaceAll((_, value) -> {
      String here = value;
      for (Map.Entry<String, String> each : replaced.entrySet()) {
        here = here.replace(each.getKey(), each.getValue());
      }
      return here;
    });
    ports.forEach(environment::putIfAbsent);
    assertThat(check(server, environment)).as("before it runs").isNotZero();
    Running running = server.start(DeploymentFiles.instruction(server, "ENTRYPOINT"), environment);
    try {
      eventually(
          server.label() + " is healthy",
          HEALTHY_MAX,
          Duration.ofMillis(100),
          () -> {
            assertThat(running.process().isAlive()).isTrue();
            return check(server, environment) == 0;
          });
    } catch (ConditionTimeoutException | AssertionError e) {
      String output = running.output();
      running.close();
      throw new AssertionError(server.label() + " is not healthy: " + output, e);
    }
    return running;
  }

  /** The exit code of the image's health check. */
  private static int check(Server server, Map<String, String> environment)
      throws IOException, InterruptedException {
    List<String> words = DeploymentFiles.instruction(server, "HEALTHCHECK");
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    return builder.start().waitFor();
  }

  private static void assertDrains(Server server, Running running) throws Exception {
    String grace = service(server).get("stop_grace_period").getAsString();
    running.process().destroy();
    assertThat(
            running
                .process()
                .waitFor(
                    Duration.parse("PT" + grace.toUpperCase(Locale.ROOT)).toSeconds(),
                    TimeUnit.SECONDS))
        .as("%s ends within %s of SIGTERM", server.label(), grace)
        .isTrue();
  }
}
