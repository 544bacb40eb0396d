package com.gyroscops.payments.platform.journal;

import com.gyroscops.payments.platform.hash.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;

/** SHA-256 as 64 lower-case hexadecimal digits. Not for concurrent use. */
final class HexSha256 {

  /** Bytes of a hash as it is written. */
  static final int DIGITS = 64;

  private static final int BYTES = DIGITS / 2;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final MessageDigest digest = Sha256.begin();
  private final byte[] hash = new byte[BYTES];

  /** Writes the digits of the hash of {@code length} bytes to {@code digits}, from 0. */
  void hash(byte[] bytes, int from, int length, byte[] digits) {
    digest.update(bytes, from, length);
    try {
      digest.digest(hash, 0, BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException("the hash is of another length", e);
    }
    for (int i = 0; i < BYTES; i++) {
      digits[2 * i] = HEX[(hash[i] >> 4) & 0xf];
      digits[2 * i + 1] = HEX[hash[i] & 0xf];
    }
  }

  /** The digits of a text's hash. */
  static String of(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    byte[] digits = new byte[DIGITS];
    new HexSha256().hash(bytes, 0, bytes.length, digits);
    return new String(digits, StandardCharsets.US_ASCII);
  }
}
