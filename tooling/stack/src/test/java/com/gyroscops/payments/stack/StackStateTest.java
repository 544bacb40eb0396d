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
    assertThat(new StackState.Ran("supervisor", self.pid(), noted.start() + "0").alive()).isEmpty();
    assertThat(new StackState.Ran("supervisor", self.pid(), "").alive()).isEmpty();
    assertThat(new StackState.Ran("supervisor", self.pid(), null).alive()).isEmpty();
  }
}
