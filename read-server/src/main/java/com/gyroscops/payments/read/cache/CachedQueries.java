package com.gyroscops.payments.read.cache;

import com.google.protobuf.MessageLite;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.internal.v1.ConsistencyToken;
import com.gyroscops.payments.read.cache.CacheMeters.Bypass;
import com.gyroscops.payments.read.query.CacheRules;
import com.gyroscops.payments.read.query.CacheScope;
import com.gyroscops.payments.read.query.Query;
import com.gyroscops.payments.read.query.QueryMiddleware;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.tracking.ChangeWindow;
import com.gyroscops.payments.read.tracking.Changes;
import com.gyroscops.payments.v1.CacheLevel;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gives answers again that were given before. For concurrent use.
 *
 * <p><b>Invariant:</b> an answer that a source gave as of position P is given again only if the
 * change tracker has followed the log without a gap from P or earlier up to a position T, and none
 * of the events after P and up to T is of the answer's scope; so the answer is also the one as of
 * T. It is then said to be as of the later of P and T, and given only to a request that this
 * satisfies: minimize_latency while the tracker hears the feed; a token, full consistency or a
 * staleness if P or T is at or above the position that it demands. P counts only while it is part
 * of the history that the tracker follows: a source may have been further than the tracker when
 * commits were lost. When an entry was stored, or by whom, does not matter: an answer read before a
 * change and stored after it has a P below the change, and is not given.
 *
 * <p>While the tracker does not hear the feed, nothing is given but under max_staleness, whose
 * demand is a head that was seen that long ago at most: once there is none, nothing is.
 *
 * <p>A question that is not found is asked once for all who ask it at the same time.
 */
public final class CachedQueries implements QueryMiddleware {

  /** How long it is kept that there is no such payment: it is asked for before it is created. */
  static final Duration ABSENCE_LIFETIME = Duration.ofMinutes(1);

  /** Times a request waits for equal ones before it is asked alone: the demands may differ. */
  private static final int JOINS_MAX = 2;

  private final Changes changes;
  private final Freshness freshness;
  private final @Nullable L1Cache local;
  private final @Nullable L2Cache shared;
  private final CacheMeters meters;
  private final SingleFlight flights;

  /**
   * @param local L1; null: none
   * @param shared L2; null: none
   */
  public CachedQueries(
      Changes changes,
      Freshness freshness,
      @Nullable L1Cache local,
      @Nullable L2Cache shared,
      CacheMeters meters) {
    this(changes, freshness, local, shared, meters, SingleFlight.WAIT_MAX);
  }

  CachedQueries(
      Changes changes,
      Freshness freshness,
      @Nullable L1Cache local,
      @Nullable L2Cache shared,
      CacheMeters meters,
      Duration joinMax) {
    flights = new SingleFlight(joinMax);
    this.changes = changes;
    this.freshness = freshness;
    this.local = local;
    this.shared = shared;
    this.meters = meters;
    if (local != null) {
      // What was kept in another stretch will never be given: it only takes memory.
      changes.addListener(events -> {
        if (events.isEmpty()) {
          local.clear();
        }
      });
    }
  }

  @Override
  public <Q, A> A around(Query<Q, A> query, Q request, Function<Q, A> rest) {
    Optional<CacheRules<Q, A>> rules = query.caching();
    return rules.isPresent()
        ? new Asking<>(query, rules.get(), request, rest).answer()
        : rest.apply(request);
  }

  /** One request on its way. For one thread. */
  private final class Asking<Q, A> {
    private final Query<Q, A> query;
    private final CacheRules<Q, A> rules;
    private final Q request;
    private final Function<Q, A> rest;
    private @Nullable Entry found;

    Asking(Query<Q, A> query, CacheRules<Q, A> rules, Q request, Function<Q, A> rest) {
      this.query = query;
      this.rules = rules;
      this.request = request;
      this.rest = rest;
    }

    A answer() {
      ReadOptions options = rules.options().apply(request);
      ChangeWindow stretch = changes.current();
      CacheScope scope = rules.scope().apply(request).orElse(null);
      if (scope == null || !isValid(options)) {
        return bypass(Bypass.REQUEST);
      }
      if (options.getSource() != ReadSource.READ_SOURCE_UNSPECIFIED) {
        return bypass(Bypass.SOURCE);
      }
      if (stretch == null) {
        return bypass(Bypass.TRACKER_DOWN);
      }
      AnswerKey key =
          new AnswerKey(query.name(), (MessageLite) rules.withoutOptions().apply(request));
      boolean lookUp =
          switch (options.getStrategy()) {
            case READ_STRATEGY_UNSPECIFIED, READ_STRATEGY_CACHE_FIRST -> true;
            case READ_STRATEGY_DATABASE_FIRST, READ_STRATEGY_PARALLEL, UNRECOGNIZED -> false;
          };
      if (!lookUp) {
        meters.bypassed(query.name(), Bypass.STRATEGY);
        return ask(key, scope, stretch);
      }
      FreshnessRequirement demand = FreshnessRequirement.of(options, freshness);
      if (!demand.isForStaleness() && !changes.isUp()) {
        meters.bypassed(query.name(), Bypass.TRACKER_DOWN);
        return ask(key, scope, stretch);
      }
      return lookUp(key, scope, stretch, demand);
    }

    private A bypass(Bypass reason) {
      meters.bypassed(query.name(), reason);
      return rest.apply(request);
    }

    private A lookUp(
        AnswerKey key, CacheScope scope, ChangeWindow stretch, FreshnessRequirement demand) {
      for (int i = 0; i < JOINS_MAX; i++) {
        Entry near = local == null ? null : local.get(key);
        String readAt = provenAt(near, scope, demand);
        if (near != null && readAt != null) {
          meters.hit(query.name(), "l1");
          return give(near, readAt, CacheLevel.CACHE_LEVEL_L1);
        }
        SingleFlight.Flight flight = flights.begin(key);
        if (flight != null) {
          return lead(flight, key, scope, stretch, demand);
        }
        meters.joined(query.name());
        Entry joined = flights.join(key);
        readAt = provenAt(joined, scope, demand);
        if (joined != null && readAt != null) {
          meters.hit(query.name(), "joined");
          return give(joined, readAt, CacheLevel.CACHE_LEVEL_L1);
        }
      }
      meters.missed(query.name());
      return ask(key, scope, stretch);
    }

    private A lead(
        SingleFlight.Flight flight,
        AnswerKey key,
        CacheScope scope,
        ChangeWindow stretch,
        FreshnessRequirement demand) {
      try {
        Entry far = shared == null ? null : shared.get(key, rules, scope, stretch);
        String readAt = provenAt(far, scope, demand);
        if (far != null && readAt != null) {
          meters.hit(query.name(), "l2");
          found = far;
          if (local != null) {
            local.put(key, far);
          }
          return give(far, readAt, CacheLevel.CACHE_LEVEL_L2);
        }
        meters.missed(query.name());
        return ask(key, scope, stretch);
      } finally {
        // Whatever ends this: those who wait go on.
        flight.land(found);
      }
    }

    /** The token of the position as of which an entry may be given; null: it may not be. */
    private @Nullable String provenAt(
        @Nullable Entry entry, CacheScope scope, FreshnessRequirement demand) {
      if (entry == null) {
        return null;
      }
      ChangeWindow now = changes.current();
      if (entry.stretch() == now) {
        String epoch = now.epoch();
        long until = unchangedUntil(entry, scope);
        if (until >= 0 && !demand.isMetBy(now, until)) {
          // What is demanded is known now; while it was asked for, the tracker may have reached it.
          until = unchangedUntil(entry, scope);
          until = until >= 0 && demand.isMetBy(now, until) ? until : ChangeWindow.CHANGED;
        }
        // The last look: a later history may have come meanwhile, of which all that is not true.
        if (until >= 0 && entry.isHeld() && now.epoch().equals(epoch)) {
          return now.token(epoch, until);
        }
      }
      meters.outdated(query.name());
      return null;
    }

    private long unchangedUntil(Entry entry, CacheScope scope) {
      return entry
          .stretch()
          .unchangedUntil(entry.position(), scope.organizationId(), scope.paymentId());
    }

    private A give(Entry entry, String readAt, CacheLevel level) {
      MessageLite answer = entry.answer();
      if (answer == null) {
        CacheRules.Absence<Q> absence = rules.absence();
        if (absence == null) {
          throw new IllegalStateException("an absence was kept of " + query.name());
        }
        throw absence.failure().apply(request, readAt);
      }
      // Keys begin with the query's name: what is kept under one is that query's answer.
      @SuppressWarnings("unchecked")
      A kept = (A) answer;
      return rules
          .withRead()
          .apply(
              kept,
              ReadMetadata.newBuilder()
                  .setSource(entry.source())
                  .setReadAt(readAt)
                  .setCache(level)
                  .build());
    }

    /**
     * Asks on, and keeps the answer.
     *
     * @param stretch that was followed before: it is certain only that nothing is missing since
     */
    private A ask(AnswerKey key, CacheScope scope, ChangeWindow stretch) {
      try {
        A answer = rest.apply(request);
        ReadMetadata read = query.readOf(answer);
        keep(
            key,
            scope,
            stretch,
            read.getReadAt(),
            read.getSource(),
            rules
                .message()
                .apply(rules.withRead().apply(answer, ReadMetadata.getDefaultInstance())),
            rules.kind().lifetime());
        return answer;
      } catch (StatusRuntimeException e) {
        CacheRules.Absence<Q> absence = rules.absence();
        if (absence != null) {
          absence
              .readAt()
              .apply(e)
              .ifPresent(readAt ->
                  keep(
                      key,
                      scope,
                      stretch,
                      readAt,
                      ReadSource.READ_SOURCE_UNSPECIFIED,
                      null,
                      ABSENCE_LIFETIME));
        }
        throw e;
      }
    }

    private void keep(
        AnswerKey key,
        CacheScope scope,
        ChangeWindow stretch,
        String readAt,
        ReadSource source,
        @Nullable MessageLite answer,
        Duration lifetime) {
      ConsistencyToken at = ConsistencyTokens.decode(readAt).orElse(null);
      if (at == null
          || !stretch.holds(at.getLogId(), at.getEpoch(), at.getPosition())
          || stretch != changes.current()) {
        // It would never be given, and would hold on to what its stretch takes in memory.
        return;
      }
      Entry entry =
          new Entry(stretch, at.getEpoch(), at.getPosition(), source, answer, lifetime.toNanos());
      if (unchangedUntil(entry, scope) < 0) {
        return;
      }
      found = entry;
      if (local != null) {
        local.put(key, entry);
      }
      if (shared != null) {
        shared.put(key, rules.kind(), scope, entry);
      }
    }
  }

  private static boolean isValid(ReadOptions options) {
    if (options.equals(ReadOptions.getDefaultInstance())) {
      return true;
    }
    Violations violations = new Violations();
    Freshness.check(violations, options);
    return violations.isEmpty();
  }
}
