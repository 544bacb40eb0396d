package com.gyroscops.payments.stack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class StackStateTest {

  @Test
  void a_process_is_the_one_that_was_noted_by_its_number_and_its_start() {
    ProcessHandle self = ProcessHandle.current();
    StackState.Ran noted = StackState.Ran.of("supervisor", self);

    StackState.Ran read =
        StackFolder.JSON.fromJson(StackFolder.JSON.toJson(noted), StackState.Ran.class);
    assertThat(read).isEqualTo(noted);
    assertThat(read.alive()).contains(self);
    assertThat(new StackState.Ran("supervisor", self.pid(), noted.start() + "0", null).alive())
        .isEmpty();
    assertThat(new StackState.Ran("supervisor", self.pid(), "", null).alive()).isEmpty();
    assertThat(new StackState.Ran("supervisor", self.pid(), null, null).alive()).isEmpty();
  }

  @Test
  void a_process_is_known_by_a_file_of_before_which_has_its_start_by_the_clock() {
    ProcessHandle self = ProcessHandle.current();
    long start = self.info().startInstant().orElseThrow().toEpochMilli();
    assertThat(ofBefore(self, start).alive()).contains(self);
    assertThat(ofBefore(self, start - 10_000).alive()).isEmpty();
  }

  private static StackState.Ran ofBefore(ProcessHandle process, long startMillis) {
    return StackFolder.JSON.fromJson(
        "{\"name\":\"supervisor\",\"pid\":%d,\"start_millis\":%d}"
            .formatted(process.pid(), startMillis),
        StackState.Ran.class);
  }
}
