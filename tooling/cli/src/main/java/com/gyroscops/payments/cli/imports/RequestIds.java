package com.gyroscops.payments.cli.imports;

import com.gyroscops.payments.platform.hash.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Request ids of rows: a digest of what the row says and of how often the file said it before.
 *
 * <p>The same file, or one with other rows before, between or after, gives the same rows the same
 * ids, and rows that are meant twice two ids. Columns count in a fixed order, whatever the file's;
 * see {@link CanonicalRow} for what counts of them. Ids are kept by servers for 30 days and more,
 * so what they are made of stays as it is.
 */
final class RequestIds {

  /** 128 bits: no two rows of any file meet by chance. */
  private static final int ID_CHARACTERS = 32;

  private final Map<String, Integer> seen = new HashMap<>();

  /** An id, of a row that is told of by {@link #take} if it is used. */
  record Offered(String id, String content) {}

  /** The id of the next row of this identity. */
  Offered offer(List<String> identity) {
    MessageDigest sha = Sha256.begin();
    for (String value : identity) {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      // With its length before it, no value can pass for two.
      sha.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
      sha.update(bytes);
    }
    String content = hex(sha.digest());
    int occurrence = seen.getOrDefault(content, 0) + 1;
    String id =
        hex(
            Sha256.begin()
                .digest((content + "#" + occurrence).getBytes(StandardCharsets.US_ASCII)));
    return new Offered(id, content);
  }

  /**
   * Counts an occurrence. Only rows that make a command count: one that is wrong, and is mended or
   * removed from the file later, must not change the ids of others.
   */
  void take(Offered offered) {
    seen.merge(offered.content(), 1, Integer::sum);
  }

  /** An id from a SHA-256. */
  static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest).substring(0, ID_CHARACTERS);
  }
}
