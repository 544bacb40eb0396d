package com.gyroscops.payments.stack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration that is shipped, where a process starts with 1,024 files. */
@Tag("engines")
final class LocalNginxTest {

  private static final List<String> NOBODY = List.of("127.0.0.1:1", "127.0.0.1:1");
  private static final Path PROCESSES = Path.of("/proc");

  @TempDir private Path folder;

  @BeforeAll
  static void needNginx() {
    assumeThat(LocalNginx.isInstalled()).withFailMessage("nginx is not installed").isTrue();
  }

  @Test
  void it_starts_without_a_warning() throws Exception {
    try (LocalNginx nginx = start()) {
      assertThat(nginx.target()).startsWith("127.0.0.1:");
      awaitTrue("its workers run", () -> !workers(nginx).isEmpty());
    }
    assertThat(folder.resolve("nginx.log")).content().doesNotContain("[warn]", "[alert]");
  }

  @Test
  void a_worker_may_open_as_many_files_as_its_connections_need() throws Exception {
    assumeThat(PROCESSES).withFailMessage("limits are read from /proc").isDirectory();
    try (LocalNginx nginx = start()) {
      assertThat(filesMax(nginx.master())).isEqualTo(1024);
      // It listens before it has workers, and each asks for more files after it was started.
      awaitTrue(
          "its workers may open more",
          () -> {
            List<ProcessHandle> workers = workers(nginx);
            for (ProcessHandle worker : workers) {
              if (filesMax(worker) <= 4096) {
                return false;
              }
            }
            return !workers.isEmpty();
          });
      assertThat(workers(nginx))
          .isNotEmpty()
          .allSatisfy(worker -> assertThat(filesMax(worker)).isGreaterThan(4096));
    }
  }

  private static void awaitTrue(String what, Callable<Boolean> condition) {
    await(what).pollInSameThread().atMost(Duration.ofMinutes(1)).until(condition);
  }

  private static List<ProcessHandle> workers(LocalNginx nginx) {
    return nginx.master().children().toList();
  }

  private LocalNginx start() throws Exception {
    return LocalNginx.start(NOBODY, NOBODY, folder);
  }

  /** The limit that holds now. */
  private static long filesMax(ProcessHandle process) throws Exception {
    String limits = Files.readString(PROCESSES.resolve(process.pid() + "/limits"));
    String line =
        limits.lines().filter(it -> it.startsWith("Max open files")).findFirst().orElseThrow();
    return Long.parseLong(line.substring("Max open files".length()).strip().split("\\s+", 2)[0]);
  }
}
