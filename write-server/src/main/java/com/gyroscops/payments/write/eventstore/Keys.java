package com.gyroscops.payments.write.eventstore;

import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * The narrow keys under which payments and requests are stored: a SHA-256 over organization and
 * identifier, cut to 128 bits. Index entries of 16 bytes instead of two texts are most of what
 * makes appends cheap.
 *
 * <p>The key of a UUIDv7 begins with the time that it tells, to 2^20 ms (17 minutes) and modulo
 * 2^24 of them (557 years), so that what is made at one time lies together in the index, however
 * large that has become; 104 bits of the digest follow. For a collision somebody needs 2^52
 * identifiers of his own choosing in one organization, or 2^64 that are no UUIDv7.
 */
public final class Keys {

  private static final int TIME_BITS = 24;
  private static final int TIME_UNIT_BITS = 20;

  private Keys() {}

  /** Key of a payment. */
  public static UUID payment(PaymentKey key) {
    return ordered(
        new Digest().text("payment").text(key.organizationId()).text(key.paymentId()).toUuid(),
        key.paymentId());
  }

  /** Key of a request: its id is unique within its organization. */
  public static UUID request(String organizationId, String requestId) {
    return ordered(
        new Digest().text("request").text(organizationId).text(requestId).toUuid(), requestId);
  }

  /**
   * The id of what a request makes and its caller does not name: a UUIDv7 of the request's time
   * where its id is one, a UUIDv8 otherwise.
   */
  public static UUID chosen(String organizationId, String requestId) {
    UUID digest = new Digest().text("chosen").text(organizationId).text(requestId).toUuid();
    OptionalLong millis = TimeOrderedId.millis(requestId);
    long most = digest.getMostSignificantBits();
    return new UUID(
        millis.isPresent()
            ? (millis.getAsLong() << 16) | (most & 0xFFF) | 0x7000
            : (most & ~0xF000L) | 0x8000,
        (digest.getLeastSignificantBits() & ~(3L << 62)) | (1L << 63));
  }

  private static UUID ordered(UUID digest, String id) {
    OptionalLong millis = TimeOrderedId.millis(id);
    if (millis.isEmpty()) {
      return digest;
    }
    long time = millis.getAsLong() >>> TIME_UNIT_BITS << (Long.SIZE - TIME_BITS);
    return new UUID(
        time | (digest.getMostSignificantBits() >>> TIME_BITS), digest.getLeastSignificantBits());
  }
}
