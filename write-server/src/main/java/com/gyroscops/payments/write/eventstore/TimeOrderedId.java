package com.gyroscops.payments.write.eventstore;

import java.util.OptionalLong;

/** Identifiers that are a UUIDv7 (RFC 9562, 5.7) in the text form with hyphens, of either case. */
final class TimeOrderedId {

  private static final int LENGTH = 36;
  private static final int MILLIS_DIGITS = 12;

  private TimeOrderedId() {}

  /** The time that it tells, in ms since 1970, of 48 bits; empty: it is no UUIDv7. */
  static OptionalLong millis(String id) {
    if (id.length() != LENGTH || id.charAt(14) != '7') {
      return OptionalLong.empty();
    }
    long millis = 0;
    int digits = 0;
    for (int i = 0; i < LENGTH; i++) {
      char character = id.charAt(i);
      if (i == 8 || i == 13 || i == 18 || i == 23) {
        if (character != '-') {
          return OptionalLong.empty();
        }
        continue;
      }
      int digit = character < 128 ? Character.digit(character, 16) : -1;
      // The variant, of which the digit after the third hyphen has the first two bits.
      if (digit < 0 || (i == 19 && digit >> 2 != 0b10)) {
        return OptionalLong.empty();
      }
      if (digits++ < MILLIS_DIGITS) {
        millis = millis << 4 | digit;
      }
    }
    return OptionalLong.of(millis);
  }
}
