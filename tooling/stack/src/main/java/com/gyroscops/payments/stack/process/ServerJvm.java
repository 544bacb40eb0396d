package com.gyroscops.payments.stack.process;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The JVM that a server of ours gets where it shares a machine with everything else. */
public final class ServerJvm {

  /** Heap, in MiB: what each server must get along with. */
  public static final int HEAP_MIB = 512;

  /**
   * Memory beside the heap that buffers of the network may take, in MiB, as in the images: gRPC's
   * and, in a read-server, Redis's client count for themselves.
   */
  public static final int DIRECT_MIB = 128;

  private static final List<String> OPTIONS =
      List.of(
          // G1 keeps a heap that may grow so small that it marks it again and again.
          "-Xms" + HEAP_MIB + "m",
          "-Xmx" + HEAP_MIB + "m",
          "-XX:MaxDirectMemorySize=" + DIRECT_MIB + "m",
          // Else the read-server's bulk requests are humongous, and each starts a marking of the
          // heap.
          "-XX:G1HeapRegionSize=4m",
          "-XX:+UseCompactObjectHeaders",
          "-XX:+ExitOnOutOfMemoryError",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  private ServerJvm() {}

  /**
   * The command line.
   *
   * @param program what follows the JVM's own options: {@code -jar} or {@code -cp} and so on
   */
  public static List<String> command(List<String> program) {
    return Stream.of(List.of(java()), OPTIONS, program).flatMap(List::stream).toList();
  }

  /** The java that runs this program. */
  public static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }
}
