package com.gyroscops.payments.stack;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A stack's folder: {@code postgres/}, {@code redis/}, {@code opensearch/} and {@code memory/} (the
 * data), {@code journal/} (the audit journal), {@code logs/}, {@code programs/} (copies of the jars
 * that run, so that a build beside a running stack changes nothing under it, and ahead-of-time
 * caches of them), {@code state.json}, {@code page-token-secret} and {@code version} (of the data).
 */
public record StackFolder(Path root) {

  /** For all JSON of this package. */
  static final Gson JSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
          .create();

  private static final Set<PosixFilePermission> OWNER_ALONE =
      PosixFilePermissions.fromString("rw-------");
  private static final int SECRET_BYTES = 32;

  /**
   * Version of the data: it changes when the servers no longer read what was written before.
   * Folders of version 1 have no such file; 2 came with the contracts that v1 began with.
   */
  private static final String VERSION = "2";

  /** The folder, made if it does not exist, by its one real path. */
  public static StackFolder of(Path directory) throws IOException {
    Files.createDirectories(directory);
    StackFolder folder = new StackFolder(directory.toRealPath());
    Files.createDirectories(folder.logs());
    if (!folder.hasData() && !Files.exists(folder.version())) {
      folder.replace(folder.version(), VERSION);
    }
    return folder;
  }

  /** Why the servers cannot read the data that is there, and what to do; empty: they can. */
  public Optional<String> unreadable() throws IOException {
    String version = Files.exists(version()) ? Files.readString(version()).strip() : "1";
    return version.equals(VERSION)
        ? Optional.empty()
        : Optional.of(
            "the data in %s is of version %s, and these servers read version %s alone:"
                    .formatted(root, version, VERSION)
                + " ./payments down, then rm -r %s, journal included, to begin anew".formatted(root)
                + " (or keep it, and begin elsewhere by --data-dir)");
  }

  private boolean hasData() {
    return Stream.of(postgres(), redis(), search(), journal(), root.resolve("memory"))
        .anyMatch(Files::exists);
  }

  private Path version() {
    return root.resolve("version");
  }

  /** The folder if it exists. */
  public static Optional<StackFolder> existing(Path directory) throws IOException {
    return Files.isDirectory(directory)
        ? Optional.of(new StackFolder(directory.toRealPath()))
        : Optional.empty();
  }

  /** Data of PostgreSQL. */
  public Path postgres() {
    return root.resolve("postgres");
  }

  /** Data of Redis. */
  public Path redis() {
    return root.resolve("redis");
  }

  /** Data of OpenSearch. */
  public Path search() {
    return root.resolve("opensearch");
  }

  /** Folder of Temporal, which keeps nothing in it. */
  public Path temporal() {
    return root.resolve("temporal");
  }

  /** Index files of a read-server's memory source. */
  public Path memory(String replica) {
    return root.resolve("memory").resolve(replica);
  }

  /** The audit journal, one for all write-servers. */
  public Path journal() {
    return root.resolve("journal");
  }

  /** Files of reports, one folder for all read-servers. */
  public Path reports() {
    return root.resolve("reports");
  }

  /** Folder of the stack that ahead-of-time caches are trained with; gone when that is done. */
  Path training() {
    return root.resolve("training");
  }

  /** Logs of all processes. */
  public Path logs() {
    return root.resolve("logs");
  }

  /** Log of one process. */
  public Path log(String name) {
    return logs().resolve(name + ".log");
  }

  /** Its own, or one that stacks share: a property names it. */
  Path programs() {
    String shared = System.getProperty("payments.programs", "");
    return shared.isEmpty() ? root.resolve("programs") : Path.of(shared).toAbsolutePath();
  }

  Path supervisorLock() {
    return root.resolve("supervisor.lock");
  }

  private Path stateFile() {
    return root.resolve("state.json");
  }

  /** What the last supervisor wrote, which may be gone; empty after an orderly stop. */
  public Optional<StackState> state() throws IOException {
    try {
      return Optional.ofNullable(JSON.fromJson(Files.readString(stateFile()), StackState.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JsonParseException e) {
      throw new IOException(stateFile() + " is damaged; stop what still runs and remove it", e);
    }
  }

  void write(StackState state) throws IOException {
    replace(stateFile(), JSON.toJson(state));
  }

  void forgetState() throws IOException {
    Files.deleteIfExists(stateFile());
  }

  /** The key of page tokens, made at the first call: tokens survive a restart. */
  String pageTokenSecret() throws IOException {
    Path file = root.resolve("page-token-secret");
    if (!Files.exists(file)) {
      replace(file, randomText());
    }
    return Files.readString(file).strip();
  }

  static String randomText() {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  private void replace(Path file, String text) throws IOException {
    Path draft =
        Files.createTempFile(
            root,
            file.getFileName().toString(),
            ".draft",
            PosixFilePermissions.asFileAttribute(OWNER_ALONE));
    Files.writeString(draft, text);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
