package com.gyroscops.payments.read.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Scheduler;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Answers in this process (L1), bounded by the memory they take. For concurrent use. */
public final class L1Cache {

  /**
   * Bytes in memory for a byte as sent. A parsed payment of 300 bytes as sent was seen to take
   * 1,100 to 1,300: objects, strings and numbers of their own.
   */
  private static final int MEMORY_PER_BYTE = 4;

  /** Memory for an entry beside its messages: the cache's own node, key, entry. */
  private static final int ENTRY_BYTES = 256;

  private final Cache<AnswerKey, Entry> cache;

  /**
   * @param bytesMax most memory for entries, as far as that can be told; above 0
   * @param ticker a clock of arbitrary origin, in nanoseconds
   * @param onRemoval told why an entry had to go, in lower case: "size", "expired"
   */
  public L1Cache(long bytesMax, Ticker ticker, Consumer<String> onRemoval) {
    cache =
        Caffeine.newBuilder()
            .maximumWeight(bytesMax)
            .weigher(L1Cache::weight)
            .expireAfter(
                Expiry.<AnswerKey, Entry>creating(
                    (_, entry) -> Duration.ofNanos(entry.lifetimeNanos())))
            .ticker(ticker)
            // Expired entries go when their time comes, not when someone next looks.
            .scheduler(Scheduler.systemScheduler())
            .evictionListener(
                (_, _, cause) -> onRemoval.accept(cause.name().toLowerCase(Locale.ROOT)))
            .build();
  }

  private static int weight(AnswerKey key, Entry entry) {
    long sent = key.request().getSerializedSize();
    if (entry.answer() != null) {
      sent += entry.answer().getSerializedSize();
    }
    return (int) Math.min(Integer.MAX_VALUE, ENTRY_BYTES + sent * MEMORY_PER_BYTE);
  }

  @Nullable Entry get(AnswerKey key) {
    return cache.getIfPresent(key);
  }

  /** Keeps an entry unless a newer one of the same stretch is there that counts. */
  void put(AnswerKey key, Entry entry) {
    cache
        .asMap()
        .merge(
            key,
            entry,
            (old, now) ->
                old.stretch() == now.stretch() && old.isHeld() && old.position() > now.position()
                    ? old
                    : now);
  }

  void clear() {
    cache.invalidateAll();
  }

  /** Entries there are, expired ones possibly included. */
  long size() {
    return cache.estimatedSize();
  }

  /** Memory that they take, as far as that can be told. */
  long bytes() {
    return cache.policy().eviction().map(it -> it.weightedSize().orElse(0)).orElse(0L);
  }

  /** Does at once what is otherwise done from time to time. */
  void cleanUp() {
    cache.cleanUp();
  }
}
