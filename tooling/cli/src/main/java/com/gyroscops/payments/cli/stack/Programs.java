package com.gyroscops.payments.cli.stack;

import com.gyroscops.payments.localstack.LocalOpenSearch;
import com.gyroscops.payments.localstack.LocalTemporal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The jars that a stack runs: this program's and the servers', each with its libraries in {@code
 * lib/} beside it; and the libraries that OpenSearch and Temporal run from.
 */
public record Programs(Path folder) {

  private static final List<String> NAMES =
      List.of("cli", ServerKind.WRITE_SERVER.label(), ServerKind.READ_SERVER.label());

  /**
   * Copies the jars of a checkout into a folder of their own.
   *
   * @throws IllegalStateException if one was not built
   */
  static Programs copied(Path checkout, StackFolder stack) throws IOException {
    Files.createDirectories(stack.programs());
    Path folder = Files.createTempDirectory(stack.programs(), "p");
    for (String name : NAMES) {
      Path module = name.equals("cli") ? checkout.resolve("tooling/cli") : checkout.resolve(name);
      Path jar = module.resolve("target").resolve(name + ".jar");
      if (!Files.exists(jar)) {
        throw new IllegalStateException(
            jar + " is missing: run ./payments, which builds it, or ./mvnw package");
      }
      Path target = Files.createDirectories(folder.resolve(name).resolve("lib"));
      Files.copy(jar, folder.resolve(name).resolve(name + ".jar"));
      copyAll(module.resolve("target/lib"), target);
    }
    Programs copies = new Programs(folder);
    Files.createDirectory(copies.searchLibraries());
    copyAll(LocalOpenSearch.libraries(checkout), copies.searchLibraries());
    Files.createDirectory(copies.temporalLibraries());
    copyAll(LocalTemporal.libraries(checkout), copies.temporalLibraries());
    return copies;
  }

  private static void copyAll(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName().toString()));
      }
    }
  }

  /** Folder of the libraries that OpenSearch runs from. */
  Path searchLibraries() {
    return folder.resolve("opensearch");
  }

  /** Folder of the libraries that Temporal runs from. */
  Path temporalLibraries() {
    return folder.resolve("temporal");
  }

  /** The runnable jar of a module. */
  Path jar(String name) {
    return folder.resolve(name).resolve(name + ".jar");
  }

  /** Removes copies that earlier stacks ran from. */
  void removeOthers() throws IOException {
    try (Stream<Path> others = Files.list(folder.resolve("..").normalize())) {
      for (Path other : others.toList()) {
        if (!other.equals(folder)) {
          deleteTree(other);
        }
      }
    }
  }

  private static void deleteTree(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
