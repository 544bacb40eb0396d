package com.gyroscops.payments.read.source.redis;

import com.google.protobuf.ByteString;
import com.gyroscops.payments.v1.Payment;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.InflaterInputStream;

/**
 * A payment's state as bytes in Redis: a byte for the format, the payment's version and the
 * position of the event that led to it, eight bytes each, most significant first, then the message.
 */
final class PaymentDocument {

  /** Largest message stored as it is: below it compression costs more time than it saves space. */
  static final int PLAIN_BYTES_MAX = 1_024;

  static final byte PLAIN = 1;
  static final byte DEFLATED = 2;

  static final int HEADER_BYTES = 1 + Long.BYTES + Long.BYTES;

  private PaymentDocument() {}

  static byte[] encode(Payment payment, long position) {
    byte[] plain = payment.toByteArray();
    if (plain.length > PLAIN_BYTES_MAX) {
      ByteBuffer deflated = document(DEFLATED, payment, position, plain.length);
      if (deflate(plain, deflated)) {
        byte[] document = new byte[deflated.position()];
        deflated.flip().get(document);
        return document;
      }
    }
    return document(PLAIN, payment, position, plain.length).put(plain).array();
  }

  private static ByteBuffer document(byte format, Payment payment, long position, int bytesMax) {
    return ByteBuffer.allocate(HEADER_BYTES + bytesMax)
        .put(format)
        .putLong(payment.getVersion())
        .putLong(position);
  }

  /** False: it does not fit, for it cannot be compressed. */
  private static boolean deflate(byte[] plain, ByteBuffer into) {
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try {
      deflater.setInput(plain);
      deflater.finish();
      deflater.deflate(into);
      return deflater.finished();
    } finally {
      deflater.end();
    }
  }

  /**
   * The payment; empty where a release that this one does not know wrote it.
   *
   * @throws IOException the bytes are not what was written
   */
  static Optional<Payment> decode(byte[] document) throws IOException {
    int bytes = document.length - HEADER_BYTES;
    if (bytes < 0) {
      throw new IOException("a document of " + document.length + " bytes");
    }
    return switch (document[0]) {
      case PLAIN ->
          Optional.of(Payment.parseFrom(ByteString.copyFrom(document, HEADER_BYTES, bytes)));
      case DEFLATED ->
          Optional.of(
              Payment.parseFrom(
                  new InflaterInputStream(
                      new ByteArrayInputStream(document, HEADER_BYTES, bytes))));
      default -> Optional.empty();
    };
  }
}
