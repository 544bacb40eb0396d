package com.gyroscops.payments.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * State of Linux's session autogrouping: whether processes of one session share the CPU as a group
 * against other sessions. Each PostgreSQL backend is a session of its own, and so a group of its
 * own, while all threads of a server are one. On a machine that has nothing to spare this makes for
 * long waits; that is why it belongs to a measurement's conditions. It is only read here.
 */
enum SessionAutogrouping {
  ON,
  OFF,
  /** Another system, or a Linux built without it. */
  ABSENT;

  private static final Path SETTING = Path.of("/proc/sys/kernel/sched_autogroup_enabled");

  static SessionAutogrouping ofThisMachine() throws IOException {
    return of(SETTING);
  }

  /** As a file says that holds 0 or 1, or is not there. */
  static SessionAutogrouping of(Path setting) throws IOException {
    if (!Files.exists(setting)) {
      return ABSENT;
    }
    return Files.readString(setting).strip().equals("0") ? OFF : ON;
  }

  /** For the line of conditions. */
  String description() {
    return "session autogrouping " + name().toLowerCase(Locale.ROOT);
  }

  /** What to do for latencies that are the servers' own; empty: nothing. */
  Optional<String> hint() {
    return switch (this) {
      case ON ->
          Optional.of(
              """
              hint: Linux's session autogrouping is on. It makes each PostgreSQL backend a scheduling \
              group of its own, which then waits for the CPU where the machine is busy: 20 to 75 ms on \
              the run queue at 92 percent busy cores, by schedstat. Lag p99 at 2,000 events/s was 41 to \
              94 ms with it and 6.3 ms without, same build, same machine. To measure without it, as \
              root: sysctl -w kernel.sched_autogroup_enabled=0. Containers and services with a CPU \
              cgroup of their own are not concerned.\
              """);
      case OFF, ABSENT -> Optional.empty();
    };
  }
}
