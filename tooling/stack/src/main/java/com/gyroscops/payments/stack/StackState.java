package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.process.Processes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

  /**
   * A process, told apart from a later one of the same number by when it started.
   *
   * @param start as {@link Processes#start} tells it; empty if the system does not
   * @param startMillis in files of before, in place of start: since 1970
   */
  public record Ran(String name, long pid, @Nullable String start, @Nullable Long startMillis) {

    static Ran of(String name, ProcessHandle process) {
      return new Ran(name, process.pid(), Processes.start(process).orElse(""), null);
    }

    /** The process, if it is still running. */
    public Optional<ProcessHandle> alive() {
      return ProcessHandle.of(pid)
          .filter(Processes::isRunning)
          .filter(process ->
              startMillis == null
                  ? Processes.start(process).filter(it -> it.equals(start)).isPresent()
                  : Processes.startedNear(process, Instant.ofEpochMilli(startMillis)));
    }
  }
}
