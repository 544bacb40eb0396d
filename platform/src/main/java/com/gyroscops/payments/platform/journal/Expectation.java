package com.gyroscops.payments.platform.journal;

import org.jspecify.annotations.Nullable;

/**
 * What is known of a journal from elsewhere. A journal cannot tell by itself that its end was
 * removed, nor that it was written anew as a whole.
 *
 * @param position that it must reach; 0: none
 * @param hash of the entry there; null: any
 */
public record Expectation(long position, @Nullable String hash) {

  /** Nothing is known. */
  public static final Expectation NONE = new Expectation(0, null);

  public Expectation {
    boolean isHash = hash == null || (position > 0 && hash.matches("[0-9a-f]{64}"));
    if (position < 0 || !isHash) {
      throw new IllegalArgumentException(
          "a position is 1 or more, and the hash there 64 lower-case hexadecimal digits");
    }
  }
}
