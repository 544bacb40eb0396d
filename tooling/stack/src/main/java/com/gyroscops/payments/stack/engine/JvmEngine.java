package com.gyroscops.payments.stack.engine;

import com.gyroscops.payments.stack.process.BuildFolder;
import com.gyroscops.payments.stack.process.ServerJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What engines have in common that run in a JVM, on libraries that the build put into a folder. */
final class JvmEngine {

  private static final List<String> OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "-XX:+ExitOnOutOfMemoryError",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  private JvmEngine() {}

  /**
   * The command line.
   *
   * @param own options of every such engine's JVM, its heap included
   * @param more options besides
   * @param program class path, main class and arguments
   */
  static List<String> command(
      List<String> own, List<String> more, String classPath, List<String> program) {
    return Stream.of(
            List.of(ServerJvm.java()), own, OPTIONS, more, List.of("-cp", classPath), program)
        .flatMap(List::stream)
        .toList();
  }

  /**
   * An engine's libraries in a checkout that was built.
   *
   * @param engine for the message
   * @throws IllegalStateException if they are missing; says what to run
   */
  static Path libraries(String engine, Path checkout, Path module) {
    Path libraries = BuildFolder.of(checkout.resolve(module)).resolve("lib");
    if (!Files.isDirectory(libraries)) {
      throw new IllegalStateException(
          "%s's libraries are missing in %s: run ./mvnw -pl %s package"
              .formatted(engine, libraries, module));
    }
    return libraries;
  }
}
