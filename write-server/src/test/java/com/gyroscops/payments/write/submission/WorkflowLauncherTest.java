package com.gyroscops.payments.write.submission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class WorkflowLauncherTest {

  private record Asked(int max, Duration again) {}

  /** Or it would take from other servers, time and again, what they could start. */
  @Test
  void whileTheEngineDoesNotAnswerItTakesOneAtATimeAndNotForLong() {
    List<Asked> asked = new ArrayList<>();
    AtomicBoolean answers = new AtomicBoolean();
    List<Runnable> due = new ArrayList<>();
    WorkflowLauncher launcher =
        new WorkflowLauncher(
            true,
            List.of((max, again) -> {
              asked.add(new Asked(max, again));
              List<Runnable> taken = List.copyOf(due);
              due.clear();
              return taken;
            }),
            Runnable::run);
    Runnable start =
        () -> {
          if (!answers.get()) {
            throw new WorkflowsUnavailableException("away", new IllegalStateException());
          }
        };
    Asked usual = new Asked(WorkflowLauncher.TURN_MAX, WorkflowLauncher.AGAIN);
    Asked careful = new Asked(1, WorkflowLauncher.SOON);

    due.add(start);
    launcher.sweep();
    assertThat(launcher.isEngineReachable()).isFalse();
    due.add(start);
    launcher.sweep();
    assertThat(asked).containsExactly(usual, careful);

    answers.set(true);
    due.add(start);
    launcher.sweep();
    assertThat(launcher.isEngineReachable()).isTrue();
    assertThat(asked).containsExactly(usual, careful, careful, usual);
  }
}
