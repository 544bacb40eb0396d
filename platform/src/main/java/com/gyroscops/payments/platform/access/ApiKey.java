package com.gyroscops.payments.platform.access;

import com.gyroscops.payments.platform.hash.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An API key: {@code gpk_<id>_<secret>}. The prefix lets scanners of leaked secrets know it; the id
 * finds it without a search; the secret has 256 bits, so that a plain digest of it may be stored.
 *
 * @param id 1 to 32 of {@code a-z 0-9 -}
 * @param secret 43 characters of base64url
 */
public record ApiKey(String id, String secret) {

  private static final String PREFIX = "gpk_";
  private static final int SECRET_BYTES = 32;
  private static final Pattern ID = Pattern.compile("[a-z0-9-]{1,32}");
  private static final Pattern KEY =
      Pattern.compile(PREFIX + "(" + ID.pattern() + ")_([A-Za-z0-9_-]{43})");

  /**
   * A new one.
   *
   * @throws IllegalArgumentException if the id is none
   */
  public static ApiKey generate(String id) {
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException("a key's id is 1 to 32 of a-z 0-9 -, not " + id);
    }
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    return new ApiKey(id, Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
  }

  /** The key that a text is; empty: it is none. */
  public static Optional<ApiKey> parse(String text) {
    Matcher matcher = KEY.matcher(text);
    return matcher.matches()
        ? Optional.of(new ApiKey(matcher.group(1), matcher.group(2)))
        : Optional.empty();
  }

  /** Whether a text means to be an API key. */
  static boolean isMeant(String text) {
    return text.startsWith(PREFIX);
  }

  static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** The key as callers send it. */
  public String text() {
    return PREFIX + id + "_" + secret;
  }

  /** What is stored of it. */
  public String hash() {
    return HexFormat.of().formatHex(digest());
  }

  byte[] digest() {
    return Sha256.of(secret.getBytes(StandardCharsets.US_ASCII));
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return PREFIX + id + "_…";
  }
}
