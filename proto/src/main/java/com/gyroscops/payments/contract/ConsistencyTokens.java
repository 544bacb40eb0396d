package com.gyroscops.payments.contract;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.internal.v1.ConsistencyToken;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Optional;

/**
 * The text form of consistency tokens: base64url, without padding, of a byte that is the version,
 * and of the message.
 */
public final class ConsistencyTokens {

  /** Longest text that is looked at. */
  public static final int LENGTH_MAX = 512;

  private static final byte VERSION = 1;

  private ConsistencyTokens() {}

  /** Writes the token of a position in a log's history. */
  public static String encode(String logId, String epoch, long position) {
    byte[] message =
        ConsistencyToken.newBuilder()
            .setLogId(logId)
            .setEpoch(epoch)
            .setPosition(position)
            .build()
            .toByteArray();
    byte[] token = ByteBuffer.allocate(1 + message.length).put(VERSION).put(message).array();
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  /** Reads a token; empty if the text is none, or one of another version. */
  public static Optional<ConsistencyToken> decode(String text) {
    if (text.isEmpty() || text.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      if (!bytes.hasRemaining() || bytes.get() != VERSION) {
        return Optional.empty();
      }
      var token = ConsistencyToken.parseFrom(bytes);
      boolean whole =
          !token.getLogId().isEmpty() && !token.getEpoch().isEmpty() && token.getPosition() >= 0;
      return whole ? Optional.of(token) : Optional.empty();
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
