package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Servers that outlived their supervisor. A process counts as one only if it can be proved: the
 * state file has its number and start, or its own command line names the stack's folder.
 */
final class Leftovers {

  /** A server drains; after that it is killed. */
  private static final Duration DRAIN_MAX = Duration.ofSeconds(15);

  private Leftovers() {}

  /** What the command line of every server of a stack contains. */
  static String mark(StackFolder folder) {
    return "-Dpayments.stack=" + folder.root();
  }

  /** Those still running. */
  static List<ProcessHandle> find(StackFolder folder) throws IOException {
    Predicate<ProcessHandle> marked =
        process -> List.of(process.info().arguments().orElse(new String[0])).contains(mark(folder));
    Stream<ProcessHandle> recorded =
        folder.state().stream()
            .flatMap(state -> state.servers().stream())
            .map(StackState.Ran::alive)
            .flatMap(Optional::stream);
    return Stream.concat(recorded, ProcessHandle.allProcesses().filter(marked))
        .distinct()
        .filter(Processes::isRunning)
        .toList();
  }

  /**
   * Ends processes: a request first, force where that takes too long. Blocks until all are gone.
   */
  static void end(List<ProcessHandle> processes) throws IOException {
    processes.forEach(ProcessHandle::destroy);
    if (!Processes.awaitEnd(processes, DRAIN_MAX)) {
      processes.forEach(ProcessHandle::destroyForcibly);
      if (!Processes.awaitEnd(processes, DRAIN_MAX)) {
        throw new IOException("processes do not end: " + processes);
      }
    }
  }
}
