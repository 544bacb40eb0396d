package com.gyroscops.payments.read.query;

import java.time.Duration;

/** Kinds of answers that may be kept, and for how long at most. Changes end it earlier. */
public enum CacheKind {
  PAYMENT(Duration.ofMinutes(10)),
  SEARCH(Duration.ofMinutes(30)),
  STATISTICS(Duration.ofMinutes(5)),
  ANALYTICS(Duration.ofMinutes(5)),
  SUGGESTIONS(Duration.ofMinutes(5));

  private final Duration lifetime;

  CacheKind(Duration lifetime) {
    this.lifetime = lifetime;
  }

  /** Longest time that an answer is kept. */
  public Duration lifetime() {
    return lifetime;
  }
}
