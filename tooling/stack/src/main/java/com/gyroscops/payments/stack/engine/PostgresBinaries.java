package com.gyroscops.payments.stack.engine;

import com.gyroscops.payments.stack.process.FileTrees;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The PostgreSQL programs of this platform, unpacked once per user and version into the user's
 * cache folder.
 *
 * <p>A folder appears there by one rename of a complete copy, so processes that unpack at the same
 * time neither wait for nor disturb one another, and one that is killed meanwhile leaves nothing
 * that looks finished.
 */
record PostgresBinaries(Path home) {

  /** Enough to tell versions apart: 64 bits. */
  private static final int DIGEST_CHARACTERS = 16;

  /**
   * Finds or unpacks them.
   *
   * @throws IOException if they cannot be unpacked
   * @throws IllegalStateException if the class path holds none for this platform
   */
  static PostgresBinaries unpacked() throws IOException {
    return unpacked(cacheFolder());
  }

  /** The same in a cache folder of the caller's choice. */
  static PostgresBinaries unpacked(Path cache) throws IOException {
    String name = "postgres-" + system() + "-" + architecture() + ".txz";
    URL archive = PostgresBinaries.class.getResource("/" + name);
    if (archive == null) {
      throw new IllegalStateException(
          "no PostgreSQL programs for this platform: " + name + " is not on the class path");
    }
    Path home = cache.resolve("postgres-" + digest(archive));
    if (!Files.isDirectory(home)) {
      Files.createDirectories(cache);
      Path copy =
          Files.createTempDirectory(
              cache,
              "unpacking-",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try {
        unpack(archive, copy);
        publish(copy, home);
      } finally {
        FileTrees.delete(copy);
      }
    }
    return new PostgresBinaries(home);
  }

  /** Path of one program, such as {@code initdb}. */
  String program(String name) {
    return home.resolve("bin").resolve(name).toString();
  }

  private static void publish(Path copy, Path home) throws IOException {
    try {
      Files.move(copy, home, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      boolean anotherWasFaster = Files.isDirectory(home);
      if (!anotherWasFaster) {
        throw e;
      }
    }
  }

  private static void unpack(URL archive, Path target) throws IOException {
    try (InputStream in = new BufferedInputStream(archive.openStream());
        var tar = new TarArchiveInputStream(new XZInputStream(in))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path path = target.resolve(entry.getName()).normalize();
        if (!path.startsWith(target)) {
          throw new IOException("an entry leaves the archive: " + entry.getName());
        }
        write(tar, entry, path);
      }
    }
  }

  private static void write(TarArchiveInputStream tar, TarArchiveEntry entry, Path path)
      throws IOException {
    if (entry.isDirectory()) {
      Files.createDirectories(path);
      return;
    }
    Path parent = path.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (entry.isSymbolicLink() || entry.isLink()) {
      try {
        Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
      } catch (FileAlreadyExistsException e) {
        throw new IOException("the archive holds an entry twice: " + entry.getName(), e);
      }
      return;
    }
    Files.copy(tar, path);
    if ((entry.getMode() & 0100) != 0) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  private static String digest(URL archive) throws IOException {
    try (InputStream in = archive.openStream()) {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      byte[] block = new byte[1 << 16];
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        sha.update(block, 0, count);
      }
      return HexFormat.of().formatHex(sha.digest()).substring(0, DIGEST_CHARACTERS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Where programs are unpacked to, once per user. */
  static Path cacheFolder() {
    String configured = System.getenv("XDG_CACHE_HOME");
    Path caches =
        configured == null || configured.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(configured);
    return caches.resolve("gyroscops-payments").toAbsolutePath();
  }

  private static String system() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac")
        ? "darwin"
        : "linux";
  }

  private static String architecture() {
    return switch (System.getProperty("os.arch")) {
      case "aarch64", "arm64" -> "arm_64";
      default -> "x86_64";
    };
  }
}
