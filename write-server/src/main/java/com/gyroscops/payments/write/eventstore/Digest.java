package com.gyroscops.payments.write.eventstore;

import com.gyroscops.payments.platform.hash.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A SHA-256 over a sequence of values, each written so that no two sequences look alike: texts
 * carry their lengths, absent values a mark. Not for concurrent use, and only once.
 */
public final class Digest {

  private static final int ABSENT = -1;

  private final MessageDigest sha256 = Sha256.begin();
  private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

  /** Adds a text or its absence. */
  public Digest text(@Nullable String value) {
    if (value == null) {
      return number(ABSENT);
    }
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    number(bytes.length);
    sha256.update(bytes);
    return this;
  }

  /** Adds a number. */
  public Digest number(long value) {
    sha256.update(number.clear().putLong(value).array());
    return this;
  }

  /** Adds pairs, whatever their order. */
  public Digest pairs(@Nullable Map<String, String> pairs) {
    if (pairs == null) {
      return number(ABSENT);
    }
    number(pairs.size());
    new TreeMap<>(pairs).forEach((name, value) -> text(name).text(value));
    return this;
  }

  /** The first 128 bits. */
  public UUID toUuid() {
    ByteBuffer bytes = ByteBuffer.wrap(sha256.digest());
    return new UUID(bytes.getLong(), bytes.getLong());
  }
}
