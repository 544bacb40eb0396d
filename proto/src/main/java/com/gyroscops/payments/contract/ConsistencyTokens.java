package com.gyroscops.payments.contract;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.v1.ConsistencyToken;
import java.util.Base64;
import java.util.Optional;

/** The text form of consistency tokens: base64url, without padding, of the message. */
public final class ConsistencyTokens {

  /** Longest text that is looked at. */
  public static final int LENGTH_MAX = 512;

  private ConsistencyTokens() {}

  /** Writes the token of a position in a log's history. */
  public static String encode(String logId, String epoch, long position) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(
            ConsistencyToken.newBuilder()
                .setLogId(logId)
                .setEpoch(epoch)
                .setPosition(position)
                .build()
                .toByteArray());
  }

  /** Reads a token; empty if the text is none. */
  public static Optional<ConsistencyToken> decode(String text) {
    if (text.isEmpty() || text.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    try {
      var token = ConsistencyToken.parseFrom(Base64.getUrlDecoder().decode(text));
      boolean whole =
          !token.getLogId().isEmpty() && !token.getEpoch().isEmpty() && token.getPosition() >= 0;
      return whole ? Optional.of(token) : Optional.empty();
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
