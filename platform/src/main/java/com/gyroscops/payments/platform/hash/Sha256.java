package com.gyroscops.payments.platform.hash;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256, which every Java platform has, so that its absence is nobody's concern. */
public final class Sha256 {

  private Sha256() {}

  /** A digest of nothing yet. Not for concurrent use. */
  public static MessageDigest begin() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The 32 bytes of the hash of these. */
  public static byte[] of(byte[] bytes) {
    return begin().digest(bytes);
  }
}
