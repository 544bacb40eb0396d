package com.gyroscops.payments.read.query;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.PageToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs and reads page tokens: base64url of an HMAC-SHA-256 and a PageToken. For concurrent use.
 */
public final class PageTokens {

  /** Page size where a request says 0. */
  static final int PAGE_SIZE_DEFAULT = 50;

  /** Largest page: 200 payments of a few KiB fit a message of 4 MiB in all likely cases. */
  static final int PAGE_SIZE_MAX = 200;

  /** Least length of a key, in bytes; shorter ones can be guessed. */
  public static final int SECRET_BYTES_MIN = 16;

  /**
   * Longest text that is looked at: a signature, a digest, a number, an identifier and a
   * consistency token, encoded.
   */
  private static final int LENGTH_MAX = 1_024;

  private static final String ALGORITHM = "HmacSHA256";
  private static final int SIGNATURE_BYTES = 32;

  private final SecretKeySpec key;

  /**
   * Tokens signed with one key.
   *
   * @param secret the same on all replicas; {@value #SECRET_BYTES_MIN} bytes or more
   */
  public PageTokens(String secret) {
    byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
    if (bytes.length < SECRET_BYTES_MIN) {
      throw new IllegalArgumentException(
          "the page token secret needs " + SECRET_BYTES_MIN + " bytes or more");
    }
    key = new SecretKeySpec(bytes, ALGORITHM);
  }

  /** The page size that a request means; a negative one is noted. */
  static int size(Violations violations, int requested) {
    violations.require(requested >= 0, "page_size", "must not be negative, but is " + requested);
    return requested == 0 ? PAGE_SIZE_DEFAULT : Math.min(requested, PAGE_SIZE_MAX);
  }

  /**
   * The digest that ties a token to its query.
   *
   * @param request without page_size, page_token and read_options
   */
  static ByteString digest(Message request) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.useDeterministicSerialization();
      out.writeStringNoTag(request.getDescriptorForType().getFullName());
      request.writeTo(out);
      out.flush();
      return ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray()));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("memory does not fail, and SHA-256 is always there", e);
    }
  }

  /**
   * The token of the page after an element.
   *
   * @param readAt of the first page
   */
  String write(ByteString digest, long sortValue, String paymentId, String readAt) {
    byte[] content =
        PageToken.newBuilder()
            .setQueryDigest(digest)
            .setSortValue(sortValue)
            .setPaymentId(paymentId)
            .setReadAt(readAt)
            .build()
            .toByteArray();
    byte[] signature = sign(content);
    byte[] all = Arrays.copyOf(signature, signature.length + content.length);
    System.arraycopy(content, 0, all, signature.length, content.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(all);
  }

  /**
   * Reads a request's token; empty: the request has none.
   *
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT {@code PAGE_TOKEN_INVALID}
   */
  Optional<PageToken> read(ByteString digest, String token) {
    if (token.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        decode(token)
            .filter(it -> it.getQueryDigest().equals(digest))
            .orElseThrow(() -> QueryErrors.pageTokenInvalid().toException()));
  }

  private Optional<PageToken> decode(String token) {
    if (token.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    try {
      byte[] all = Base64.getUrlDecoder().decode(token);
      if (all.length < SIGNATURE_BYTES) {
        return Optional.empty();
      }
      byte[] content = Arrays.copyOfRange(all, SIGNATURE_BYTES, all.length);
      byte[] signature = Arrays.copyOf(all, SIGNATURE_BYTES);
      return MessageDigest.isEqual(signature, sign(content))
          ? Optional.of(PageToken.parseFrom(content))
          : Optional.empty();
    } catch (InvalidProtocolBufferException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private byte[] sign(byte[] content) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac.doFinal(content);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA-256 is always there", e);
    }
  }
}
