package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.process.Processes;
import java.util.List;
import java.util.Optional;

/**
 * What {@code state.json} says of a stack: its supervisor, where to talk to it, and every process
 * it started. Rewritten whenever one is started; the proof, after the supervisor was killed, of
 * what is its own.
 *
 * @param controlPort on loopback
 * @param token to be shown on every request; whoever can read the file may control the stack
 */
public record StackState(
    Ran supervisor, int controlPort, String token, StackPlan plan, List<Ran> servers) {

  /** The clock by which a process's start is told is read to the second on some systems. */
  private static final long START_TOLERANCE_MILLIS = 2_000;

  /**
   * A process, told apart from a later one of the same number by when it started.
   *
   * @param startMillis since 1970; 0 if the system does not tell
   */
  public record Ran(String name, long pid, long startMillis) {

    static Ran of(String name, ProcessHandle process) {
      return new Ran(
          name,
          process.pid(),
          process.info().startInstant().map(java.time.Instant::toEpochMilli).orElse(0L));
    }

    /** The process, if it is still running. */
    public Optional<ProcessHandle> alive() {
      return ProcessHandle.of(pid)
          .filter(Processes::isRunning)
          .filter(process ->
              startMillis > 0
                  && Math.abs(of(name, process).startMillis() - startMillis)
                      <= START_TOLERANCE_MILLIS);
    }
  }
}
