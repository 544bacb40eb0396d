package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ahead-of-time caches of the JVM, from their training to their end. First of all classes: what it
 * trains, the stacks of the others use.
 */
@Order(1)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class AheadOfTimeIT {

  /** At the lowest priority, beside whatever else this machine does. */
  private static final Duration TRAINING_MAX = Duration.ofMinutes(20);

  private static final Duration REMOVED_MAX = Duration.ofMinutes(2);

  private static final Map<String, String> TRAINING = Map.of("PAYMENTS_TRAINING", "on");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @Test
  @Order(1)
  void servers_use_caches_trained_after_the_first_start() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"), TRAINING)) {
      stack.up().succeeded();
      assertThat(awaitTrained(stack)).isEqualTo("trained");
      eventually(
          "nothing of the training stays",
          REMOVED_MAX,
          () -> Files.notExists(folder.resolve("data/training")));
      stack.run("down").succeeded();

      stack.up().succeeded();
      assertThat(usesCaches(stack))
          .isEqualTo(Map.of("write-server-0", true, "read-server-0", true));
      stack.run("down").succeeded();
    }
  }

  @Test
  @Order(2)
  void a_server_does_without_a_cache_that_is_none_and_it_is_told_once() throws Exception {
    Path programs = folder.resolve("programs");
    Path cache = copyOfTrained(programs).resolve("write-server.aot");
    Files.writeString(cache, "no cache");
    try (CliStack stack = new CliStack(folder.resolve("data"), Map.of(), programs)) {
      assertThat(stack.up("--without", "search,temporal").succeeded().out())
          .contains("write-server-0 makes no use of its ahead-of-time cache");
      assertThat(usesCaches(stack))
          .isEqualTo(Map.of("write-server-0", false, "read-server-0", true));
      assertThat(cache).doesNotExist();
    }
  }

  @Test
  @Order(3)
  void down_ends_a_training_that_is_under_way_and_nothing_of_it_stays() throws Exception {
    Path programs = folder.resolve("programs");
    try (CliStack stack = new CliStack(folder.resolve("data"), TRAINING, programs)) {
      stack.up("--without", "redis,search,memory,temporal").succeeded();
      assertThat(training(stack)).isEqualTo("training");
      String training = stack.dataDirectory().toRealPath().resolve("training").toString();
      List<ProcessHandle> trainers = new ArrayList<>();
      eventually(
          "something is trained",
          REMOVED_MAX,
          () ->
              ProcessHandle.allProcesses()
                      .filter(process -> process.info().commandLine().orElse("").contains(training))
                      .filter(trainers::add)
                      .count()
                  > 0);

      assertThat(stack.run("down").succeeded().out()).contains("drained and stopped");

      assertThat(trainers).noneMatch(Processes::isRunning);
      assertThat(Path.of(training)).doesNotExist();
      try (Stream<Path> left = Files.walk(programs)) {
        assertThat(left.filter(file -> file.toString().contains("aot"))).isEmpty();
      }
    }
  }

  private static String awaitTrained(CliStack stack) throws Exception {
    // Each look starts a JVM, for which the trainer at its priority stands back.
    Duration poll = Duration.ofSeconds(5);
    eventually("it is trained", TRAINING_MAX, poll, () -> !training(stack).equals("training"));
    return training(stack);
  }

  private static String training(CliStack stack) throws IOException {
    // Beside a training the parts may take longer to answer than a status waits.
    return stack.status().json().get("ahead_of_time").getAsString();
  }

  private static Map<String, Boolean> usesCaches(CliStack stack) throws IOException {
    return StreamSupport.stream(
            stack.ready().json().getAsJsonArray("components").spliterator(), false)
        .map(component -> component.getAsJsonObject())
        .filter(component -> component.has("ahead_of_time"))
        .collect(
            java.util.stream.Collectors.toMap(
                component -> component.get("name").getAsString(),
                component -> component.get("ahead_of_time").getAsBoolean()));
  }

  /** Copies the folder of the jars whose caches were trained; where the copies' caches are. */
  private static Path copyOfTrained(Path to) throws IOException {
    Path from;
    try (Stream<Path> programs = Files.list(CliStack.PROGRAMS)) {
      from =
          programs
              .filter(it -> Files.exists(it.resolve("aot/write-server.aot")))
              .max(Comparator.comparing(AheadOfTimeIT::lastUsed))
              .orElseThrow();
    }
    Path copy = Files.createDirectories(to).resolve(from.getFileName());
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(it -> !it.endsWith("in-use")).toList()) {
        Files.copy(file, copy.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return copy.resolve("aot");
  }

  private static FileTime lastUsed(Path programs) {
    try {
      return Files.getLastModifiedTime(programs.resolve("aot"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
