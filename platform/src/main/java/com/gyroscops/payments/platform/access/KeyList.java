package com.gyroscops.payments.platform.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * API keys as a file has them, none of them readable from it: a line each, of id, SHA-256 of the
 * secret, time of expiry or {@code never}, and grants, with blanks between. {@code #} begins a
 * comment. A key that is being replaced has two lines. Immutable.
 *
 * @param entries in the order of the file
 */
public record KeyList(List<Entry> entries) {

  /** Most keys: the whole list is in memory. */
  static final int KEYS_MAX = 10_000;

  /** Largest file. */
  static final long BYTES_MAX = 16L * 1024 * 1024;

  /** Live secrets of one id at a time, while callers change over. */
  static final int SECRETS_MAX = 2;

  private static final String NEVER = "never";
  private static final int HASH_BYTES = 32;

  /**
   * A key.
   *
   * @param hash SHA-256 of its secret, in lower-case hexadecimal digits
   * @param expiresAt {@link Instant#MAX}: never
   * @param grants each as {@code organization:scope}
   */
  public record Entry(String id, String hash, Instant expiresAt, List<String> grants) {
    public Entry {
      grants = List.copyOf(grants);
    }

    /** As a line of the file. */
    String line() {
      return "%s %s %s %s"
          .formatted(
              id,
              hash,
              expiresAt.equals(Instant.MAX) ? NEVER : expiresAt.toString(),
              String.join(" ", grants));
    }
  }

  public KeyList {
    entries = List.copyOf(entries);
  }

  /**
   * Reads a file that nobody but its owner may change, and only its owner and group may read.
   *
   * @param unknownScope hears of a scope that this version does not know
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it is wrong; says in which line, and tells no secret
   */
  public static KeyList read(Path file, Consumer<String> unknownScope) throws IOException {
    if (Files.size(file) > BYTES_MAX) {
      throw new IllegalArgumentException("has more than " + BYTES_MAX + " bytes");
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
    if (permissions.contains(PosixFilePermission.OTHERS_READ)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)
        || permissions.contains(PosixFilePermission.GROUP_WRITE)) {
      throw new IllegalArgumentException(
          "may be read or changed by others; run chmod 600 (or 640) on it");
    }
    return parse(Files.readAllLines(file), unknownScope);
  }

  /** Likewise of the lines of a file. */
  static KeyList parse(List<String> lines, Consumer<String> unknownScope) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).replaceFirst("#.*", "").strip();
      if (line.isEmpty()) {
        continue;
      }
      try {
        entries.add(entry(List.of(line.split("\\s+", -1)), unknownScope));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("line " + (i + 1) + ": " + e.getMessage(), e);
      }
    }
    KeyList list = new KeyList(entries);
    list.requireFew();
    return list;
  }

  private void requireFew() {
    if (entries.size() > KEYS_MAX) {
      throw new IllegalArgumentException("more than " + KEYS_MAX + " keys");
    }
    Map<String, Integer> secrets = new HashMap<>();
    for (Entry each : entries) {
      if (secrets.merge(each.id(), 1, Integer::sum) > SECRETS_MAX) {
        throw new IllegalArgumentException(
            "%s has more than %d lines".formatted(each.id(), SECRETS_MAX));
      }
    }
  }

  private static Entry entry(List<String> words, Consumer<String> unknownScope) {
    if (words.size() < 3) {
      throw new IllegalArgumentException("is no key: id, SHA-256, expiry and grants");
    }
    if (!ApiKey.isId(words.get(0))) {
      throw new IllegalArgumentException("an id is 1 to 32 of a-z 0-9 -");
    }
    requireHash(words.get(1));
    List<String> grants = words.subList(3, words.size());
    var _ = Grants.parse(grants, unknownScope);
    return new Entry(words.get(0), words.get(1), expiry(words.get(2)), grants);
  }

  private static void requireHash(String text) {
    if (!text.matches("[0-9a-f]*") || text.length() != 2 * HASH_BYTES) {
      throw new IllegalArgumentException(
          "the second word is no SHA-256 in 64 lower-case hexadecimal digits");
    }
  }

  private static Instant expiry(String text) {
    if (text.equals(NEVER)) {
      return Instant.MAX;
    }
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "an expiry is never or a time such as 2027-01-31T00:00:00Z", e);
    }
  }

  /** The lines of a file with these keys. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("# API keys: id, SHA-256 of the secret, expiry or never, grants organization:scope");
    entries.forEach(entry -> lines.add(entry.line()));
    return lines;
  }
}
