package com.gyroscops.payments.platform.page;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs bytes into opaque text and reads them again: base64url, without padding, of a byte that is
 * the version, of an HMAC-SHA-256 over purpose, version, subject and content, and of the content.
 * For concurrent use.
 */
public final class SignedTokens {

  private static final String ALGORITHM = "HmacSHA256";
  private static final int SIGNATURE_BYTES = 32;
  private static final byte VERSION = 1;

  private final Supplier<byte[]> key;
  private final byte[] purpose;
  private final int lengthMax;

  /**
   * @param key the same on all servers that read each other's; asked for each token, and may throw
   *     where it cannot be had
   * @param purpose keeps what is signed here apart from whatever else is signed with the same key
   * @param lengthMax longest text that is looked at
   */
  public SignedTokens(Supplier<byte[]> key, String purpose, int lengthMax) {
    this.key = key;
    this.purpose = (purpose + '\n').getBytes(StandardCharsets.UTF_8);
    this.lengthMax = lengthMax;
  }

  /**
   * Writes a token.
   *
   * @param subject what the token is about; signed, but not in it, and always of one length
   */
  public String write(byte[] subject, byte[] content) {
    byte[] token =
        ByteBuffer.allocate(1 + SIGNATURE_BYTES + content.length)
            .put(VERSION)
            .put(sign(subject, content))
            .put(content)
            .array();
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  /** The content of a token; empty: the text is no token about that subject. */
  public Optional<byte[]> read(byte[] subject, String text) {
    if (text.length() > lengthMax) {
      return Optional.empty();
    }
    ByteBuffer all;
    try {
      all = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
    if (all.remaining() < 1 + SIGNATURE_BYTES || all.get() != VERSION) {
      return Optional.empty();
    }
    byte[] signature = new byte[SIGNATURE_BYTES];
    all.get(signature);
    byte[] content = new byte[all.remaining()];
    all.get(content);
    return MessageDigest.isEqual(signature, sign(subject, content))
        ? Optional.of(content)
        : Optional.empty();
  }

  private byte[] sign(byte[] subject, byte[] content) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key.get(), ALGORITHM));
      mac.update(purpose);
      mac.update(VERSION);
      mac.update(subject);
      return mac.doFinal(content);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA-256 is always there", e);
    }
  }
}
