package com.gyroscops.payments.read.cache;

import com.google.protobuf.ByteString;
import com.gyroscops.payments.read.query.CacheKind;
import com.gyroscops.payments.read.query.CacheRules;
import com.gyroscops.payments.read.query.CacheScope;
import com.gyroscops.payments.read.tracking.ChangeWindow;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entries in {@link L2Store}. Whatever goes wrong there is a miss, never a failure of a query, and
 * costs it {@link #WAIT_MAX} at most; a store that keeps failing is left alone for a while. For
 * concurrent use.
 */
public final class L2Cache {

  private static final Logger LOG = LoggerFactory.getLogger(L2Cache.class);

  /**
   * Longest wait for the store: many times what it takes when it is well, and about what asking a
   * source instead takes when that is busy.
   */
  static final Duration WAIT_MAX = Duration.ofMillis(10);

  /**
   * How far clocks of replicas may differ: entries that were stored within this of a lost history's
   * discovery are taken as of that history.
   */
  static final Duration CLOCK_SKEW_MAX = Duration.ofSeconds(10);

  /**
   * Most bytes that the store has been given and has not taken yet: a store that stands still would
   * otherwise have whole pages of searches pile up until that is noticed.
   */
  static final long WRITING_BYTES_MAX = 16L * 1024 * 1024;

  private final L2Store store;
  private final InstantSource wallClock;
  private final CacheMeters meters;
  private final BackOff reads;
  private final BackOff writes;
  private final AtomicLong writingBytes = new AtomicLong();

  public L2Cache(
      L2Store store, LongSupplier nanoTime, InstantSource wallClock, CacheMeters meters) {
    this.store = store;
    this.wallClock = wallClock;
    this.meters = meters;
    reads = new BackOff(nanoTime);
    writes = new BackOff(nanoTime);
  }

  /** What is kept there of this stretch's history; null: nothing, or it cannot be had now. */
  <Q, A> @Nullable Entry get(
      AnswerKey asked, CacheRules<Q, A> rules, CacheScope scope, ChangeWindow stretch) {
    if (!reads.mayTry()) {
      return null;
    }
    byte[] bytes;
    try {
      bytes = store.get(key(asked, rules.kind(), scope), WAIT_MAX);
    } catch (L2Store.AwayException e) {
      reads.failed();
      meters.sharedFailed("get");
      LOG.debug("the shared cache does not answer", e);
      return null;
    }
    reads.succeeded();
    return bytes == null ? null : entry(bytes, rules, stretch);
  }

  private <Q, A> @Nullable Entry entry(byte[] bytes, CacheRules<Q, A> rules, ChangeWindow stretch) {
    try {
      EntryCodec.Stored stored = EntryCodec.read(bytes);
      boolean ofLostHistory =
          stretch.divergedMillis() > 0
              && stored.storedMillis() < stretch.divergedMillis() + CLOCK_SKEW_MAX.toMillis();
      if (!stretch.holds(stored.logId(), stored.epoch(), stored.position()) || ofLostHistory) {
        return null;
      }
      ByteString answer = stored.answer();
      Duration lifetime = answer == null ? CachedQueries.ABSENCE_LIFETIME : rules.kind().lifetime();
      Duration age = Duration.ofMillis(Math.max(0, wallClock.millis() - stored.storedMillis()));
      return new Entry(
          stretch,
          stored.epoch(),
          stored.position(),
          stored.source(),
          answer == null ? null : rules.message().apply(rules.parser().parseFrom(answer)),
          Math.max(1, lifetime.minus(age).toNanos()));
    } catch (IOException e) {
      meters.sharedFailed("read");
      LOG.debug("the shared cache holds something else", e);
      return null;
    }
  }

  /** Keeps an entry there, sooner or later, if that works. */
  void put(AnswerKey asked, CacheKind kind, CacheScope scope, Entry entry) {
    if (!writes.mayTry()) {
      return;
    }
    byte[] bytes = EntryCodec.write(entry, wallClock.millis());
    if (bytes == null) {
      return;
    }
    if (writingBytes.addAndGet(bytes.length) > WRITING_BYTES_MAX) {
      writingBytes.addAndGet(-bytes.length);
      meters.sharedFailed("put");
      return;
    }
    var _ =
        store
            .put(key(asked, kind, scope), bytes, Duration.ofNanos(entry.lifetimeNanos()))
            .whenComplete((_, failure) -> {
              writingBytes.addAndGet(-bytes.length);
              if (failure == null) {
                writes.succeeded();
              } else {
                writes.failed();
                meters.sharedFailed("put");
                LOG.debug("the shared cache does not take an entry", failure);
              }
            });
  }

  private static byte[] key(AnswerKey asked, CacheKind kind, CacheScope scope) {
    return EntryCodec.key(kind.name().toLowerCase(Locale.ROOT), scope.organizationId(), asked);
  }
}
