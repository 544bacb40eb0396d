package com.gyroscops.payments.read.cache;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;

/** What the caches count. For concurrent use. */
public final class CacheMeters {

  /** Why a request that could be answered from a cache is not looked up in any. */
  enum Bypass {
    /** The change tracker does not hear the feed. */
    TRACKER_DOWN,
    /** The request names another strategy. */
    STRATEGY,
    /** The request names a source. */
    SOURCE,
    /** The request asks for something that is not kept, or is invalid. */
    REQUEST
  }

  private final MeterRegistry meters;
  private final Counters hits =
      new Counters("hits", "Queries answered from a cache", "query", "level");
  private final Counters bypasses =
      new Counters("bypasses", "Queries that were not looked up in a cache", "query", "reason");
  private final Counters misses =
      new Counters("misses", "Queries that no cache could answer", "query");
  private final Counters outdated =
      new Counters("outdated", "Answers found that are too old", "query");
  private final Counters joined =
      new Counters("joined", "Queries that waited for an equal one", "query");
  private final Counters evictions = new Counters("evictions", "Answers that L1 let go", "cause");
  private final Counters failures = new Counters("l2.failures", "What L2 did not do", "operation");

  public CacheMeters(MeterRegistry meters) {
    this.meters = meters;
  }

  /** Shows how large a cache is. */
  public void watch(L1Cache cache) {
    Gauge.builder("payments.cache.entries", cache, L1Cache::size)
        .description("Answers in L1")
        .register(meters);
    Gauge.builder("payments.cache.bytes", cache, L1Cache::bytes)
        .description("Memory that L1 takes, as far as that can be told")
        .baseUnit("bytes")
        .register(meters);
  }

  /** An entry had to go. */
  public void evicted(String cause) {
    evictions.count(cause);
  }

  void hit(String query, String level) {
    hits.count(query, level);
  }

  void bypassed(String query, Bypass reason) {
    bypasses.count(query, reason.name().toLowerCase(Locale.ROOT));
  }

  void missed(String query) {
    misses.count(query);
  }

  void outdated(String query) {
    outdated.count(query);
  }

  void joined(String query) {
    joined.count(query);
  }

  void sharedFailed(String operation) {
    failures.count(operation);
  }

  /** The counters of one name, by the values of their tags. */
  private final class Counters {

    private final String name;
    private final String description;
    private final List<String> tags;
    private final ConcurrentHashMap<List<String>, Counter> byValues = new ConcurrentHashMap<>();

    Counters(String name, String description, String... tags) {
      this.name = name;
      this.description = description;
      this.tags = List.of(tags);
    }

    void count(String... values) {
      List<String> key = List.of(values);
      // computeIfAbsent may lock, which all hits would wait for.
      Counter known = byValues.get(key);
      if (known == null) {
        known = byValues.computeIfAbsent(key, this::register);
      }
      known.increment();
    }

    private Counter register(List<String> values) {
      Counter.Builder counter = Counter.builder("payments.cache." + name).description(description);
      for (int i = 0; i < tags.size(); i++) {
        counter.tag(tags.get(i), values.get(i));
      }
      return counter.register(meters);
    }
  }
}
