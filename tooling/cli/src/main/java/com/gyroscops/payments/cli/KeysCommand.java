package com.gyroscops.payments.cli;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.gyroscops.payments.platform.access.ApiKey;
import com.gyroscops.payments.platform.access.Grants;
import com.gyroscops.payments.platform.access.KeyList;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * Writes the file of API keys that servers read by {@code API_KEYS_FILE}: they take a change within
 * two seconds. A key is printed once, when it is made; the file holds a digest of it.
 */
@Command(
    name = "keys",
    description = {
      "Makes, lists, replaces and revokes API keys in the file that servers read by API_KEYS_FILE."
    })
final class KeysCommand {

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--file",
      required = true,
      paramLabel = "F",
      description = "The file of API keys; made if it does not exist, for its owner alone.")
  private Path file = Path.of("");

  /** Reads a time of expiry. */
  static final class Time implements ITypeConverter<Instant> {
    @Override
    public Instant convert(String text) {
      try {
        return Instant.parse(text);
      } catch (DateTimeParseException e) {
        throw new TypeConversionException("takes a time such as 2027-01-31T00:00:00Z, not " + text);
      }
    }
  }

  @Command(description = "Makes a key and prints it, this once.")
  int create(
      @Parameters(paramLabel = "ID", description = "Its name: 1 to 32 of a-z 0-9 -.") String id,
      @Parameters(
              paramLabel = "GRANT",
              arity = "1..*",
              description =
                  "organization:scope, as in acme:payments.read; organization *: each of them, -:"
                      + " the deployment.")
          List<String> grants,
      @Option(
              names = "--expires",
              paramLabel = "TIME",
              converter = Time.class,
              description = "When it ends, as in 2027-01-31T00:00:00Z; default: never.")
          @Nullable Instant expires)
      throws IOException {
    requireGrants(grants);
    List<KeyList.Entry> entries = read();
    if (entries.stream().anyMatch(it -> it.id().equals(id))) {
      throw new IllegalStateException(
          "there is a key " + id + " already; ./payments keys rotate gives it another secret");
    }
    ApiKey key = generate(id);
    entries.add(
        new KeyList.Entry(
            id, key.hash(), Optional.ofNullable(expires).orElse(Instant.MAX), grants));
    write(entries);
    out().println(key.text());
    return 0;
  }

  @Command(description = "Lists the keys, without what they are.")
  int list(@Option(names = "--json", description = "One JSON array.") boolean json)
      throws IOException {
    JsonArray all = new JsonArray();
    for (KeyList.Entry entry : read()) {
      String expires =
          entry.expiresAt().equals(Instant.MAX) ? "never" : entry.expiresAt().toString();
      if (json) {
        JsonObject object = new JsonObject();
        object.addProperty("id", entry.id());
        object.addProperty("expires", expires);
        JsonArray grants = new JsonArray();
        entry.grants().forEach(grants::add);
        object.add("grants", grants);
        all.add(object);
      } else {
        out().printf("%-32s %-24s %s%n", entry.id(), expires, String.join(" ", entry.grants()));
      }
    }
    if (json) {
      out().println(new Gson().toJson(all));
    }
    return 0;
  }

  @Command(
      description = {
        "Gives a key another secret and prints it, this once. Both are taken until the former one is",
        "revoked: ./payments keys revoke ID --former."
      })
  int rotate(@Parameters(paramLabel = "ID", description = "The key.") String id)
      throws IOException {
    List<KeyList.Entry> entries = read();
    List<KeyList.Entry> own = existing(entries, id);
    if (own.size() > 1) {
      throw new IllegalStateException(
          "the former secret of " + id + " is still taken; revoke it first, with --former");
    }
    ApiKey key = ApiKey.generate(id);
    entries.add(
        new KeyList.Entry(id, key.hash(), own.getLast().expiresAt(), own.getLast().grants()));
    write(entries);
    out().println(key.text());
    return 0;
  }

  @Command(description = "Takes a key back, or the secret that it had before it was rotated.")
  int revoke(
      @Parameters(paramLabel = "ID", description = "The key.") String id,
      @Option(names = "--former", description = "Only the secret of before.") boolean former)
      throws IOException {
    List<KeyList.Entry> entries = read();
    List<KeyList.Entry> own = existing(entries, id);
    if (former && own.size() < 2) {
      throw new IllegalStateException(id + " has one secret alone");
    }
    entries.removeAll(former ? List.of(own.getFirst()) : own);
    write(entries);
    return 0;
  }

  private static void requireGrants(List<String> grants) {
    List<String> unknown = new ArrayList<>();
    try {
      var _ = Grants.parse(grants, unknown::add);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
    if (!unknown.isEmpty()) {
      throw new IllegalStateException("no such scope: " + String.join(", ", unknown));
    }
  }

  private static ApiKey generate(String id) {
    try {
      return ApiKey.generate(id);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  private static List<KeyList.Entry> existing(List<KeyList.Entry> entries, String id) {
    List<KeyList.Entry> own = entries.stream().filter(it -> it.id().equals(id)).toList();
    if (own.isEmpty()) {
      throw new IllegalStateException("there is no key " + id);
    }
    return own;
  }

  private List<KeyList.Entry> read() throws IOException {
    if (!Files.exists(file)) {
      return new ArrayList<>();
    }
    try {
      return new ArrayList<>(KeyList.read(file, _ -> {}).entries());
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(file + ": " + e.getMessage(), e);
    }
  }

  /** Replaces the file at once; whoever could read it still can, and nobody else. */
  private void write(List<KeyList.Entry> entries) throws IOException {
    boolean exists = Files.exists(file);
    Path target = exists ? file.toRealPath() : file.toAbsolutePath();
    Path folder = Objects.requireNonNull(target.getParent());
    Files.createDirectories(folder);
    Path draft =
        Files.createTempFile(
            folder,
            ".api-keys",
            ".draft",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.write(draft, new KeyList(entries).lines());
      if (exists) {
        PosixFileAttributes of = Files.readAttributes(target, PosixFileAttributes.class);
        PosixFileAttributeView to = Files.getFileAttributeView(draft, PosixFileAttributeView.class);
        to.setOwner(of.owner());
        to.setGroup(of.group());
        to.setPermissions(of.permissions());
      }
      Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private PrintWriter out() {
    return Objects.requireNonNull(spec).commandLine().getOut();
  }
}
