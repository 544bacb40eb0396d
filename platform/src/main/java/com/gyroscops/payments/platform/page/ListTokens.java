package com.gyroscops.payments.platform.page;

import com.google.protobuf.Message;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Writes and reads the page tokens of lists: {@link SignedTokens} about a list's digest, whose
 * content is a place: microseconds and id, or, of a list whose parts are numbered, a number. For
 * concurrent use.
 */
public final class ListTokens {

  /** Of a signature, a number and an identifier, encoded. */
  private static final int LENGTH_MAX = 256;

  private final SignedTokens tokens;

  /**
   * @param key as {@link SignedTokens} has it
   */
  public ListTokens(Supplier<byte[]> key) {
    tokens = new SignedTokens(key, "page of a list", LENGTH_MAX);
  }

  /**
   * The token of the page after an element.
   *
   * @param list digest of what is listed
   */
  String write(byte[] list, PageKey after) {
    byte[] id = after.id().getBytes(StandardCharsets.UTF_8);
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, after.time());
    return tokens.write(
        list, ByteBuffer.allocate(Long.BYTES + id.length).putLong(micros).put(id).array());
  }

  /** The place that a token names; empty: it is no token of that list. */
  Optional<PageKey> read(byte[] list, String token) {
    return tokens.read(list, token).filter(it -> it.length >= Long.BYTES).map(ListTokens::place);
  }

  /**
   * The token of the page that begins with a part, by its number.
   *
   * @param list what is listed: the request without its token
   */
  public String write(Message list, int from) {
    return tokens.write(
        Pages.digest(list), ByteBuffer.allocate(Integer.BYTES).putInt(from).array());
  }

  /**
   * The part that a page begins with.
   *
   * @param list as in {@link #write(Message, int)}
   * @param token empty: the list's beginning, 0
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT {@code PAGE_TOKEN_INVALID}
   */
  public int read(Message list, String token) {
    return token.isEmpty()
        ? 0
        : tokens
            .read(Pages.digest(list), token)
            .filter(it -> it.length == Integer.BYTES)
            .map(it -> ByteBuffer.wrap(it).getInt())
            .orElseThrow(() -> Pages.tokenOfAnotherList().toException());
  }

  private static PageKey place(byte[] content) {
    Instant time = Instant.EPOCH.plus(ByteBuffer.wrap(content).getLong(), ChronoUnit.MICROS);
    return new PageKey(
        time, new String(content, Long.BYTES, content.length - Long.BYTES, StandardCharsets.UTF_8));
  }
}
