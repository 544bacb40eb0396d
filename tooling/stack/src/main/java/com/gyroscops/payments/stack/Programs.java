package com.gyroscops.payments.stack;

import com.gyroscops.payments.platform.hash.Sha256;
import com.gyroscops.payments.stack.engine.LocalOpenSearch;
import com.gyroscops.payments.stack.engine.LocalTemporal;
import com.gyroscops.payments.stack.process.BuildFolder;
import com.gyroscops.payments.stack.process.FileTrees;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The jars that a stack runs: this program's and the servers', each with its libraries in {@code
 * lib/} beside it; the libraries that OpenSearch and Temporal run from; and, once there has been
 * time to train them, ahead-of-time caches of all.
 *
 * <p>They are copies, which no build changes, in a folder named by a digest of what the JVM
 * compares with a cache: its own version, and the name, size and time of change of each jar. Other
 * jars, or another JVM, are another folder, and have caches of their own.
 */
public record Programs(Path folder) {

  static final String CLI = "cli";

  static final List<String> NAMES =
      List.of(CLI, ServerKind.WRITE_SERVER.label(), ServerKind.READ_SERVER.label());

  /** Of the digest, in bytes: names a handful of folders. */
  private static final int NAME_BYTES = 8;

  private static final String IN_USE = "in-use";

  /**
   * Those of a checkout, copied where this stack has not copied them before.
   *
   * @throws IllegalStateException if one was not built, or is being built
   */
  static Programs copied(Path checkout, StackFolder stack) throws IOException {
    Map<String, Path> jars = jars(checkout);
    Path folder = stack.programs().resolve(digest(jars));
    if (!Files.isDirectory(folder)) {
      copy(jars, folder);
    }
    return new Programs(folder);
  }

  /**
   * The servers of a checkout, copied into a folder of the caller's. Where they were not built as
   * this program was, as those of another checkout may not, they are those of {@code ./mvnw}.
   *
   * @throws IllegalStateException if one was not built
   */
  public static Programs servers(Path checkout, Path folder) throws IOException {
    Map<String, Path> jars = new TreeMap<>();
    for (ServerKind kind : ServerKind.values()) {
      Path module = checkout.resolve(kind.label());
      Path built = BuildFolder.of(module);
      boolean exists = Files.exists(built.resolve(kind.label() + ".jar"));
      putProgram(jars, kind.label(), exists ? built : module.resolve("target"));
    }
    var _ = copyInto(folder, jars);
    return new Programs(folder);
  }

  /** Jars of a checkout by their names in a copy. */
  private static Map<String, Path> jars(Path checkout) throws IOException {
    Map<String, Path> jars = new TreeMap<>();
    for (String name : NAMES) {
      putProgram(
          jars,
          name,
          BuildFolder.of(
              name.equals(CLI) ? checkout.resolve("tooling/cli") : checkout.resolve(name)));
    }
    putAll(jars, "opensearch", LocalOpenSearch.libraries(checkout));
    putAll(jars, "temporal", LocalTemporal.libraries(checkout));
    return jars;
  }

  private static void putProgram(Map<String, Path> jars, String name, Path built)
      throws IOException {
    Path jar = built.resolve(name + ".jar");
    if (!Files.exists(jar)) {
      throw new IllegalStateException(
          jar + " is missing: run ./payments, which builds it, or ./mvnw package");
    }
    jars.put(name + "/" + name + ".jar", jar);
    putAll(jars, name + "/lib", built.resolve("lib"));
  }

  private static void putAll(Map<String, Path> jars, String prefix, Path folder)
      throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(file -> jars.put(prefix + "/" + file.getFileName(), file));
    }
  }

  private static String digest(Map<String, Path> jars) throws IOException {
    StringBuilder text = new StringBuilder(System.getProperty("java.vm.version", ""));
    for (Map.Entry<String, Path> jar : jars.entrySet()) {
      Path file = jar.getValue();
      text.append('\n')
          .append(jar.getKey())
          .append(' ')
          .append(Files.size(file))
          .append(' ')
          .append(Files.getLastModifiedTime(file).to(TimeUnit.SECONDS));
    }
    byte[] digest = Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, NAME_BYTES);
  }

  /** By one rename at the end, so that a folder of a digest's name is complete. */
  private static void copy(Map<String, Path> jars, Path folder) throws IOException {
    Path parent = Files.createDirectories(folder.resolve("..").normalize());
    Path draft = Files.createTempDirectory(parent, "draft");
    try (FileChannel _ = new Programs(draft).use()) {
      copy(jars, draft, folder);
    }
  }

  private static void copy(Map<String, Path> jars, Path draft, Path folder) throws IOException {
    if (!folder.endsWith(digest(copyInto(draft, jars)))) {
      FileTrees.delete(draft);
      throw new IllegalStateException("jars changed while they were copied: run this again");
    }
    try {
      Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
      FileTrees.delete(draft); // Another process was faster.
    }
  }

  private static Map<String, Path> copyInto(Path folder, Map<String, Path> jars)
      throws IOException {
    Map<String, Path> copies = new TreeMap<>();
    for (Map.Entry<String, Path> jar : jars.entrySet()) {
      Path copy = folder.resolve(jar.getKey());
      Files.createDirectories(copy.resolve("..").normalize());
      Files.copy(jar.getValue(), copy, StandardCopyOption.COPY_ATTRIBUTES);
      copies.put(jar.getKey(), copy);
    }
    return copies;
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
  public Path jar(String name) {
    return folder.resolve(name).resolve(name + ".jar");
  }

  /** Ahead-of-time caches of these very jars. */
  public AotCaches caches() {
    return new AotCaches(folder.resolve("aot"));
  }

  /**
   * Has {@link #removeOthers} of other stacks leave these alone until what it returns is closed, or
   * this process ends.
   */
  FileChannel use() throws IOException {
    FileChannel channel =
        FileChannel.open(
            folder.resolve(IN_USE),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    FileLock _ = channel.lock(0, Long.MAX_VALUE, true);
    return channel;
  }

  /** Removes copies, and with them caches, that no stack runs from any more. */
  void removeOthers() throws IOException {
    try (Stream<Path> others = Files.list(folder.resolve("..").normalize())) {
      for (Path other : others.filter(it -> !it.equals(folder)).toList()) {
        removeUnused(other);
      }
    }
  }

  private static void removeUnused(Path other) throws IOException {
    Path lock = other.resolve(IN_USE);
    if (!Files.exists(lock)) {
      FileTrees.delete(other);
      return;
    }
    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE)) {
      if (channel.tryLock() != null) {
        FileTrees.delete(other);
      }
    }
  }
}
