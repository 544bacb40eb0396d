package com.gyroscops.payments.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionAutogroupingTest {

  @TempDir Path folder;

  @Test
  void it_is_as_the_kernel_says_and_only_where_it_is_on_there_is_something_to_do()
      throws IOException {
    Path on = Files.writeString(folder.resolve("on"), "1\n");
    Path off = Files.writeString(folder.resolve("off"), "0\n");

    assertThat(SessionAutogrouping.of(on)).isEqualTo(SessionAutogrouping.ON);
    assertThat(SessionAutogrouping.of(off)).isEqualTo(SessionAutogrouping.OFF);
    assertThat(SessionAutogrouping.of(folder.resolve("none")))
        .isEqualTo(SessionAutogrouping.ABSENT);
    assertThat(SessionAutogrouping.ON.hint())
        .hasValueSatisfying(hint ->
            assertThat(hint)
                .contains("sysctl -w kernel.sched_autogroup_enabled=0")
                .doesNotContain("\n"));
    assertThat(SessionAutogrouping.OFF.hint()).isEmpty();
    assertThat(SessionAutogrouping.ABSENT.hint()).isEmpty();
  }
}
