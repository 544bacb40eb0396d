package com.gyroscops.payments.read.cache;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

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

  private record Labels(String query, String more) {}

  private final MeterRegistry meters;
  private final ConcurrentHashMap<Labels, Counter> hits = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Labels, Counter> bypasses = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Counter> misses = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Counter> outdated = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Counter> joined = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Counter> evictions = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Counter> failures = new ConcurrentHashMap<>();

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
    count(evictions, cause, it -> counter("evictions", "Answers that L1 let go").tag("cause", it));
  }

  void hit(String query, String level) {
    count(
        hits,
        new Labels(query, level),
        it ->
            counter("hits", "Queries answered from a cache")
                .tag("query", it.query())
                .tag("level", it.more()));
  }

  void bypassed(String query, Bypass reason) {
    count(
        bypasses,
        new Labels(query, reason.name().toLowerCase(Locale.ROOT)),
        it ->
            counter("bypasses", "Queries that were not looked up in a cache")
                .tag("query", it.query())
                .tag("reason", it.more()));
  }

  void missed(String query) {
    count(
        misses,
        query,
        it -> counter("misses", "Queries that no cache could answer").tag("query", it));
  }

  void outdated(String query) {
    count(
        outdated,
        query,
        it -> counter("outdated", "Answers found that are too old").tag("query", it));
  }

  void joined(String query) {
    count(
        joined,
        query,
        it -> counter("joined", "Queries that waited for an equal one").tag("query", it));
  }

  void sharedFailed(String operation) {
    count(
        failures,
        operation,
        it -> counter("l2.failures", "What L2 did not do").tag("operation", it));
  }

  private <K> void count(
      ConcurrentHashMap<K, Counter> counters, K label, Function<K, Counter.Builder> counter) {
    // computeIfAbsent may lock, which all hits would wait for.
    Counter known = counters.get(label);
    if (known == null) {
      known = counters.computeIfAbsent(label, it -> counter.apply(it).register(meters));
    }
    known.increment();
  }

  private static Counter.Builder counter(String name, String description) {
    return Counter.builder("payments.cache." + name).description(description);
  }
}
