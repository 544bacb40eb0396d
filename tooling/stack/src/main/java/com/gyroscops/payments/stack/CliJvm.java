package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.process.ServerJvm;
import java.util.List;
import java.util.stream.Stream;

/**
 * The JVM that this program gets, as {@code ./payments} starts it, too: an ahead-of-time cache is
 * of use to a JVM of the same options alone.
 */
final class CliJvm {

  private static final List<String> OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseCompactObjectHeaders",
          "--sun-misc-unsafe-memory-access=allow");

  private CliJvm() {}

  /**
   * The command line.
   *
   * @param heapMaxMib in MiB
   * @param more options of the JVM
   */
  static List<String> command(
      Programs programs, int heapMaxMib, List<String> more, List<String> arguments) {
    return Stream.of(
            List.of(ServerJvm.java(), "-Xmx" + heapMaxMib + "m"),
            OPTIONS,
            more,
            List.of("-jar", programs.jar(Programs.CLI).toString()),
            arguments)
        .flatMap(List::stream)
        .toList();
  }
}
