package com.gyroscops.payments.read.source.memory;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.NumericUtils;

/**
 * Names of the index's fields, and the keys in them. Every key starts with the number of its
 * organization, so that nothing of one organization's costs another's queries anything.
 */
final class Keys {

  /** Identity, one term. */
  static final String IDENTITY = "identity";

  /** Everything that is found by being equal: {@link Kind}. */
  static final String TERMS = "terms";

  /** Points: organization and effective time; doc values of the same name hold the time alone. */
  static final String EFFECTIVE_AT = "effective_at";

  /** Points: organization and update time; doc values of the same name hold the time alone. */
  static final String UPDATE_AT = "update_at";

  /** Points: organization, currency and amount; doc values of the same name: the amount alone. */
  static final String AMOUNT = "amount";

  /** Points: organization and business time of each refund. */
  static final String REFUND_AT = "refund_at";

  /** Doc values: currency and status, see {@link #kind}. */
  static final String CLASS = "class";

  /** Doc values: the payment's id. */
  static final String PAYMENT_ID = "payment_id";

  /** Doc values: the user, if any. */
  static final String USER = "user";

  /** Doc values: the description, if any. */
  static final String DESCRIPTION = "description";

  /** Doc values: the payment, as the contract writes it. */
  static final String PAYMENT = "payment";

  /** What a term says of a payment. Those of LIVE kinds are only there while it is not deleted. */
  enum Kind {
    LIVE('l'),
    STATUS('s'),
    CURRENCY('c'),
    USER('u'),
    LIVE_USER('U'),
    MERCHANT_REFERENCE('m'),
    LIVE_MERCHANT_REFERENCE('M'),
    PROVIDER_REFERENCE('p'),
    LIVE_PROVIDER_REFERENCE('P'),
    CORRELATION('r'),
    METADATA('d'),
    WORD('w'),
    LIVE_DESCRIPTION_WORD('W');

    private final byte code;

    Kind(char code) {
      this.code = (byte) code;
    }
  }

  private static final int STATUS_BITS = 8;

  private Keys() {}

  /** Its array holds it and nothing else. */
  static BytesRef identity(int organization, String paymentId) {
    return text(Integer.BYTES, paymentId, bytes -> bytes.putInt(organization));
  }

  /**
   * @param value empty for {@link Kind#LIVE}
   */
  static BytesRef term(int organization, Kind kind, String value) {
    return text(Integer.BYTES + 1, value, bytes -> bytes.putInt(organization).put(kind.code));
  }

  static BytesRef status(int organization, int status) {
    return term(organization, Kind.STATUS, Integer.toString(status));
  }

  /** A metadata pair; no character of names is a NUL. */
  static BytesRef metadata(int organization, String name, String value) {
    return term(organization, Kind.METADATA, name + '\0' + value);
  }

  private static BytesRef text(int prefix, String text, Consumer<ByteBuffer> start) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(prefix + utf8.length);
    start.accept(bytes);
    bytes.put(utf8);
    return new BytesRef(bytes.array());
  }

  /** Length of a point's part before its value. */
  static int pointPrefix(String field) {
    return field.equals(AMOUNT) ? 2 * Integer.BYTES : Integer.BYTES;
  }

  /**
   * @param currency of {@link #AMOUNT} alone
   */
  static byte[] point(String field, int organization, int currency, long value) {
    int prefix = pointPrefix(field);
    byte[] bytes = new byte[prefix + Long.BYTES];
    NumericUtils.intToSortableBytes(organization, bytes, 0);
    if (prefix > Integer.BYTES) {
      NumericUtils.intToSortableBytes(currency, bytes, Integer.BYTES);
    }
    NumericUtils.longToSortableBytes(value, bytes, prefix);
    return bytes;
  }

  static long kind(int currency, int status) {
    return ((long) currency << STATUS_BITS) | status;
  }

  static int currencyOf(long kind) {
    return (int) (kind >>> STATUS_BITS);
  }

  static int statusOf(long kind) {
    return (int) kind & ((1 << STATUS_BITS) - 1);
  }
}
