package com.gyroscops.payments.read.watch;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.tracking.Changes;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.WatchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsResponse;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * All who watch at this server. A watcher costs a virtual thread and its place in the log, no
 * buffer: events wait where all watchers find them. For concurrent use.
 */
public final class PaymentWatches {

  /** Most watchers, as the contract says: each may have to be sent every event. */
  static final int WATCHERS_MAX = 1_000;

  /**
   * Most watchers that read the past at once: a server that comes back has all of them resume, and
   * queries need the source as well.
   */
  private static final int READERS_MAX = 4;

  private final Changes changes;
  private final PastEvents past;
  private final HeadTracker heads;
  private final WatchLimits limits;
  private final MeterRegistry meters;
  private final Semaphore places;
  private final Semaphore readers = new Semaphore(READERS_MAX, true);
  private final ConcurrentHashMap<String, Set<Watch>> byOrganization = new ConcurrentHashMap<>();
  private final AtomicInteger watchers = new AtomicInteger();
  private final Counter sent;
  private volatile boolean draining;

  public PaymentWatches(Changes changes, PastEvents past, HeadTracker heads, MeterRegistry meters) {
    this(changes, past, heads, WatchLimits.usual(), WATCHERS_MAX, meters);
  }

  PaymentWatches(
      Changes changes,
      PastEvents past,
      HeadTracker heads,
      WatchLimits limits,
      int watchersMax,
      MeterRegistry meters) {
    this.changes = changes;
    this.past = past;
    this.heads = heads;
    this.limits = limits;
    this.meters = meters;
    places = new Semaphore(watchersMax);
    Gauge.builder("payments.watch.watchers", watchers, AtomicInteger::get)
        .description("Those who watch at this server")
        .register(meters);
    sent =
        Counter.builder("payments.watch.events")
            .description("Events sent to watchers")
            .register(meters);
    changes.addListener(this::wake);
  }

  /**
   * Sends a call what it asks for, until it ends. Does not block.
   *
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT {@code FIELD_INVALID};
   *     RESOURCE_EXHAUSTED {@code WATCH_LIMIT}; UNAVAILABLE {@code DRAINING}
   */
  public void watch(
      WatchPaymentsRequest request, ServerCallStreamObserver<WatchPaymentsResponse> call) {
    Violations violations =
        new Violations()
            .organization("organization_id", request.getOrganizationId())
            .optionalIdentifier("payment_id", request.getPaymentId());
    String token = request.getResumeToken();
    violations.require(
        token.isEmpty() || ConsistencyTokens.decode(token).isPresent(),
        "resume_token",
        "is neither a resume token nor a consistency token");
    violations.throwIfAny();
    if (draining) {
      throw WatchErrors.draining(token).toException();
    }
    if (!places.tryAcquire()) {
      ended("watch_limit");
      throw WatchErrors.limit(WATCHERS_MAX).toException();
    }
    Watch watch =
        new Watch(
            request,
            ConsistencyTokens.decode(token).orElse(null),
            call,
            changes,
            past,
            heads,
            readers,
            limits,
            sent::increment,
            () -> draining);
    call.setOnReadyHandler(watch::wake);
    call.setOnCancelHandler(watch::wake);
    watchers.incrementAndGet();
    register(watch);
    Context of = Context.current();
    watch.start(of.wrap(() -> run(watch)));
  }

  private void run(Watch watch) {
    try {
      ended(watch.run());
    } finally {
      unregister(watch);
      watchers.decrementAndGet();
      places.release();
    }
  }

  /** Ends all watches, each with a token to go on from elsewhere; new ones are refused. */
  public void drain() {
    draining = true;
    byOrganization.values().forEach(it -> it.forEach(Watch::wake));
  }

  /** Those who watch now. */
  int watchers() {
    return watchers.get();
  }

  private void register(Watch watch) {
    byOrganization.compute(
        watch.organizationId(),
        (_, present) -> {
          Set<Watch> all = present == null ? ConcurrentHashMap.newKeySet() : present;
          all.add(watch);
          return all;
        });
  }

  private void unregister(Watch watch) {
    byOrganization.compute(
        watch.organizationId(),
        (_, present) -> {
          if (present == null) {
            return null;
          }
          present.remove(watch);
          return present.isEmpty() ? null : present;
        });
  }

  /** Only those whose organization changed; all of them when nothing is certain any more. */
  private void wake(List<PaymentEvent> events) {
    if (byOrganization.isEmpty()) {
      return;
    }
    if (events.isEmpty()) {
      byOrganization.values().forEach(it -> it.forEach(Watch::wake));
      return;
    }
    Set<String> changed = new HashSet<>();
    events.forEach(it -> changed.add(it.getOrganizationId()));
    for (String organization : changed) {
      Optional.ofNullable(byOrganization.get(organization))
          .ifPresent(it -> it.forEach(Watch::wake));
    }
  }

  private void ended(String reason) {
    Counter.builder("payments.watch.ended")
        .description("Watches that ended, by what ended them")
        .tag("reason", reason)
        .register(meters)
        .increment();
  }
}
