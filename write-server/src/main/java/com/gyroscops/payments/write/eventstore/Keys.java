package com.gyroscops.payments.write.eventstore;

import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.UUID;

/**
 * The narrow keys under which payments and requests are stored: the first 128 bits of a SHA-256
 * over organization and identifier. Index entries of 16 bytes instead of two texts are most of what
 * makes appends cheap; a collision would need 2^64 identifiers of one's own choosing in one
 * organization.
 */
public final class Keys {

  private Keys() {}

  /** Key of a payment. */
  public static UUID payment(PaymentKey key) {
    return new Digest().text("payment").text(key.organizationId()).text(key.paymentId()).toUuid();
  }

  /** Key of a request: its id is unique within its organization. */
  public static UUID request(String organizationId, String requestId) {
    return new Digest().text("request").text(organizationId).text(requestId).toUuid();
  }

  /** The id, a UUIDv8, of what a request makes and its caller does not name. */
  public static UUID chosen(String organizationId, String requestId) {
    UUID digest = new Digest().text("chosen").text(organizationId).text(requestId).toUuid();
    return new UUID(
        (digest.getMostSignificantBits() & ~0xF000L) | 0x8000L,
        (digest.getLeastSignificantBits() & ~(3L << 62)) | (1L << 63));
  }
}
