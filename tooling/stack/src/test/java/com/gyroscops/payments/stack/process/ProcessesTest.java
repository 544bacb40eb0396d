package com.gyroscops.payments.stack.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ProcessesTest {

  /** Were it a time of day, setting the clock would make it another process's. */
  @Test
  void the_start_of_a_process_is_told_by_the_start_of_the_system_and_not_by_the_clock()
      throws Exception {
    assumeThat(Path.of("/proc/sys/kernel/random/boot_id"))
        .withFailMessage("read from /proc")
        .exists();
    ProcessHandle self = ProcessHandle.current();
    Process other = new ProcessBuilder("sleep", "600").start();
    try {
      assertThat(Processes.start(self))
          .hasValueSatisfying(it -> assertThat(it).matches("[0-9a-f-]{36}\\+[0-9]+"))
          .isEqualTo(Processes.start(self))
          .isNotEqualTo(Processes.start(other.toHandle()));
    } finally {
      other.destroyForcibly();
    }
    assertThat(Processes.awaitEnd(List.of(other.toHandle()), Duration.ofMinutes(1))).isTrue();
    other.waitFor();
    assertThat(Processes.start(other.toHandle())).isEmpty();
  }
}
