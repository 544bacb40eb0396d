package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.TextField;
import java.nio.charset.StandardCharsets;
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

    /** One byte in UTF-8. */
    private final char code;

    Kind(char code) {
      this.code = code;
    }

    static Kind of(TextField field) {
      return switch (field) {
        case USER -> USER;
        case MERCHANT_REFERENCE -> MERCHANT_REFERENCE;
        case PROVIDER_REFERENCE -> PROVIDER_REFERENCE;
        case CORRELATION -> CORRELATION;
      };
    }
  }

  private static final int STATUS_BITS = 8;

  private Keys() {}

  /** The field's name: points and doc values. */
  static String name(NumberField field) {
    return switch (field) {
      case EFFECTIVE_TIME -> EFFECTIVE_AT;
      case UPDATE_TIME -> UPDATE_AT;
      case AMOUNT -> AMOUNT;
    };
  }

  /** Its array holds it and nothing else. */
  static BytesRef identity(int organization, String paymentId) {
    return key(organization, paymentId);
  }

  /**
   * @param value empty for {@link Kind#LIVE}
   */
  static BytesRef term(int organization, Kind kind, String value) {
    return key(organization, kind.code + value);
  }

  static BytesRef status(int organization, int status) {
    return term(organization, Kind.STATUS, Integer.toString(status));
  }

  /** A metadata pair; no character of names is a NUL. */
  static BytesRef metadata(int organization, String name, String value) {
    return term(organization, Kind.METADATA, name + '\0' + value);
  }

  /**
   * A number takes 7 bits of each byte, the highest first, and all bytes but its last have the
   * eighth, so that none is the beginning of another. Short, for the index compresses blocks of
   * keys with three bytes and more in common, at an expense that small segments are not worth.
   */
  private static BytesRef key(int organization, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int last = (Integer.SIZE - 1 - Integer.numberOfLeadingZeros(organization | 1)) / 7;
    byte[] key = new byte[last + 1 + utf8.length];
    for (int i = 0; i <= last; i++) {
      int group = organization >>> (7 * (last - i)) & 0x7f;
      key[i] = (byte) (i < last ? group | 0x80 : group);
    }
    System.arraycopy(utf8, 0, key, last + 1, utf8.length);
    return new BytesRef(key);
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
