package com.gyroscops.payments.read.query;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.gyroscops.payments.internal.v1.PageToken;
import com.gyroscops.payments.platform.page.Pages;
import com.gyroscops.payments.platform.page.SignedTokens;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Writes and reads the page tokens of queries: {@link SignedTokens} of a PageToken. They name no
 * source, so any source may answer the next page. For concurrent use.
 */
public final class PageTokens {

  /** Least length of a key, in bytes; shorter ones can be guessed. */
  public static final int SECRET_BYTES_MIN = 16;

  /** Of a signature, a digest, a number, an identifier and a consistency token, encoded. */
  private static final int LENGTH_MAX = 1_024;

  /** A token has the digest of its query in it. */
  private static final byte[] NO_SUBJECT = {};

  private final SignedTokens tokens;

  /**
   * Tokens signed with one key.
   *
   * @param secret the same on all replicas; {@value #SECRET_BYTES_MIN} bytes or more
   */
  public PageTokens(String secret) {
    byte[] key = secret.getBytes(StandardCharsets.UTF_8);
    if (key.length < SECRET_BYTES_MIN) {
      throw new IllegalArgumentException(
          "the page token secret needs " + SECRET_BYTES_MIN + " bytes or more");
    }
    tokens = new SignedTokens(() -> key, "page of a query", LENGTH_MAX);
  }

  /**
   * The digest that ties a token to its query.
   *
   * @param request without page_size, page_token and read_options
   */
  static ByteString digest(Message request) {
    return ByteString.copyFrom(Pages.digest(request));
  }

  /**
   * The token of the page after an element.
   *
   * @param readAt of the first page
   */
  String write(ByteString digest, long sortValue, String paymentId, String readAt) {
    return tokens.write(
        NO_SUBJECT,
        PageToken.newBuilder()
            .setQueryDigest(digest)
            .setSortValue(sortValue)
            .setPaymentId(paymentId)
            .setReadAt(readAt)
            .build()
            .toByteArray());
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
        tokens
            .read(NO_SUBJECT, token)
            .flatMap(PageTokens::parse)
            .filter(it -> it.getQueryDigest().equals(digest))
            .orElseThrow(() -> QueryErrors.pageTokenInvalid().toException()));
  }

  private static Optional<PageToken> parse(byte[] content) {
    try {
      return Optional.of(PageToken.parseFrom(content));
    } catch (InvalidProtocolBufferException _) {
      return Optional.empty();
    }
  }
}
