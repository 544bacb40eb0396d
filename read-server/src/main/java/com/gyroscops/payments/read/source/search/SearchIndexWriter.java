package com.gyroscops.payments.read.source.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.PaymentKey;
import com.gyroscops.payments.read.source.Refusals;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.SourceWriter;
import com.gyroscops.payments.read.source.search.EngineConnection.Reply;
import com.gyroscops.payments.read.source.search.Generations.Held;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes runs of events into the live generation: documents first, stubs of refused ones next, the
 * checkpoint last, and only as it was last read; so the index holds at least what its checkpoint
 * says, and a projector that was replaced cannot move it. What such a one writes besides are states
 * of the same log, which later ones overwrite and earlier ones do not.
 *
 * <p>Searches see it after a refresh: at the end of a run if the last is long enough ago, else soon
 * after by a thread of its own. No refresh happens between documents and checkpoint but where stubs
 * are counted or a run has failed, so searches rarely see anything beyond the checkpoint that they
 * see.
 *
 * <p>A stub says that the newest version of a payment is missing. It is a document beside the
 * payment's, with the version that it stands for; a newer version accepted, or the same one later,
 * empties it. The checkpoint counts the stubs that are not empty.
 */
final class SearchIndexWriter implements SourceWriter, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SearchIndexWriter.class);

  /** Most stubs: above it something is wrong that parking does not mend; all fit in one search. */
  static final int PARKED_MAX = 10_000;

  /** Attempts to take over from one that writes on: it can do so a few times at most. */
  private static final int TAKEOVERS_MAX = 20;

  /** Pause after a refresh that failed. */
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private static final int NOT_FOUND = 404;

  /** An event whose state the index does not take. */
  private record Refusal(PaymentEvent event, String reason) {}

  private final EngineConnection engine;
  private final Generations generations;
  private final Bulk bulk;
  private final Duration refreshEvery;
  private final Consumer<SourcePosition> searchable;
  private final ScheduledExecutorService refresher =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("search-refresh").daemon().factory());

  /** Held while the index changes, and while it is refreshed. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Held held;
  private long refreshedNanos;
  private boolean refreshScheduled;

  /**
   * @param refreshEvery least time between refreshes; zero: each run is searchable when it is
   *     applied
   * @param searchable told where searches stand, whenever that was moved
   */
  SearchIndexWriter(
      EngineConnection engine,
      String alias,
      Duration refreshEvery,
      Consumer<SourcePosition> searchable) {
    this.engine = engine;
    this.refreshEvery = refreshEvery;
    this.searchable = searchable;
    generations = new Generations(engine, alias);
    bulk = new Bulk(engine);
    refreshedNanos = System.nanoTime() - refreshEvery.toNanos();
  }

  /** A change of the index that starts from its checkpoint as last read or written. */
  @FunctionalInterface
  private interface Change<T> {
    T from(Held held) throws SourceUnavailableException;
  }

  @Override
  public Optional<SourcePosition> takeOver(long fence) throws SourceUnavailableException {
    lock.lock();
    try {
      held = null;
      for (int attempt = 1; attempt <= TAKEOVERS_MAX; attempt++) {
        Optional<Held> found = generations.read();
        if (found.isEmpty() || isToBeReplaced(found.get().checkpoint(), fence)) {
          return Optional.of(startAnew(fence));
        }
        Held there = found.get();
        if (there.checkpoint().fence() > fence) {
          return Optional.empty();
        }
        Optional<Held> mine = generations.write(there, there.checkpoint().takenOverBy(fence));
        if (mine.isPresent()) {
          return takenOver(mine.get());
        }
        // The one before has moved the checkpoint meanwhile, and does not know yet.
      }
      throw new SourceUnavailableException(
          "the checkpoint is moved faster than it can be taken over",
          new TimeoutException(TAKEOVERS_MAX + " attempts"));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether a generation has no future, and this fence may put another in its place. Retired:
   * whoever was at it has failed; its own attempt fails from now on. Of another layout: made by
   * another version of this program, and its searches may not be those that we put.
   */
  private static boolean isToBeReplaced(Checkpoint there, long fence) {
    return (there.retired() || there.layout() != Checkpoint.LAYOUT) && there.fence() <= fence;
  }

  private Optional<SourcePosition> takenOver(Held mine) throws SourceUnavailableException {
    held = mine;
    refresh(mine);
    SourcePosition at = mine.checkpoint().at();
    // After a crash there may be stubs that the checkpoint does not count yet.
    long parked = stubs(mine.index());
    if (parked == at.parked()) {
      return Optional.of(at);
    }
    return shown(move(mine, at.withParked(parked)));
  }

  private SourcePosition startAnew(long fence) throws SourceUnavailableException {
    Held fresh = generations.replace(Checkpoint.first(fence));
    LOG.info("made index {}", fresh.index());
    held = fresh;
    searchable.accept(SourcePosition.NOWHERE);
    return SourcePosition.NOWHERE;
  }

  @Override
  public Optional<SourcePosition> startOver(long fence) throws SourceUnavailableException {
    return change(
        fence,
        Optional.empty(),
        before -> {
          // From here on another's takeover finds it retired, and this attempt or its own wins.
          held = null;
          Optional<Held> retired = generations.write(before, before.checkpoint().asRetired());
          return retired.isEmpty() ? Optional.empty() : Optional.of(startAnew(fence));
        });
  }

  @Override
  public Optional<SourcePosition> begin(long fence, SourcePosition start)
      throws SourceUnavailableException {
    return change(
        fence,
        Optional.empty(),
        before -> {
          if (!before.checkpoint().at().epoch().isEmpty()) {
            return Optional.empty();
          }
          return shown(move(before, start));
        });
  }

  @Override
  public Optional<SourcePosition> continueIn(
      long fence, SourcePosition at, Lineage lineage, long head) throws SourceUnavailableException {
    return change(
        fence,
        Optional.empty(),
        before ->
            stands(before, at)
                ? shown(move(before, before.checkpoint().at().continuedIn(lineage, head)))
                : Optional.empty());
  }

  private Optional<SourcePosition> shown(Optional<Held> moved) throws SourceUnavailableException {
    if (moved.isPresent()) {
      refresh(moved.get());
    }
    return moved.map(it -> it.checkpoint().at());
  }

  private static boolean stands(Held held, SourcePosition at) {
    return held.checkpoint().at().isAt(at);
  }

  @Override
  public ApplyOutcome apply(long fence, SourcePosition at, List<PaymentEvent> events)
      throws SourceUnavailableException {
    return change(
        fence,
        new ApplyOutcome.FencedOut(),
        before -> stands(before, at) ? write(before, events) : new ApplyOutcome.FencedOut());
  }

  private ApplyOutcome write(Held before, List<PaymentEvent> events)
      throws SourceUnavailableException {
    SourcePosition at = before.checkpoint().at();
    Map<PaymentKey, PaymentEvent> newest = new LinkedHashMap<>();
    events.forEach(event -> newest.put(PaymentKey.of(event), event));
    List<Refusal> refusals = writePayments(before.index(), newest.values());
    if (at.parked() + refusals.size() > PARKED_MAX) {
      return new ApplyOutcome.ParkingFull(PARKED_MAX);
    }
    long parked = at.parked();
    if (parked > 0 || !refusals.isEmpty()) {
      parked = park(before.index(), newest, refusals);
    }
    PaymentEvent last = events.getLast();
    SourcePosition there = at.advancedTo(last.getPosition(), last.getEventId(), parked);
    Optional<Held> moved = move(before, there);
    if (moved.isEmpty()) {
      return new ApplyOutcome.FencedOut();
    }
    refreshSoon(moved.get());
    return new ApplyOutcome.Applied(there);
  }

  private List<Refusal> writePayments(String index, Collection<PaymentEvent> events)
      throws SourceUnavailableException {
    List<Refusal> refusals = new ArrayList<>();
    Map<String, PaymentEvent> byId = new LinkedHashMap<>();
    List<Bulk.Write> writes = new ArrayList<>(events.size());
    for (PaymentEvent event : events) {
      if (Refusals.carriesItsPayment(event)) {
        Bulk.Write write = payment(event.getPayment());
        byId.put(write.id(), event);
        writes.add(write);
      } else {
        refusals.add(new Refusal(event, Refusals.WITHOUT_STATE));
      }
    }
    for (Bulk.Refused refused : bulk.write(index, writes)) {
      PaymentEvent event = byId.get(refused.write().id());
      if (event == null) {
        throw new IllegalStateException("refused what was not written: " + refused.write().id());
      }
      refusals.add(new Refusal(event, refused.reason()));
    }
    return refusals;
  }

  private static Bulk.Write payment(Payment payment) {
    return new Bulk.Write(
        Documents.id(payment.getOrganizationId(), payment.getPaymentId()),
        payment.getVersion(),
        Bulk.Rule.NEWER,
        Documents.of(payment));
  }

  /** Puts stubs where events were refused, empties those of others; how many there are then. */
  private long park(String index, Map<PaymentKey, PaymentEvent> newest, List<Refusal> refusals)
      throws SourceUnavailableException {
    Map<PaymentKey, PaymentEvent> accepted = new LinkedHashMap<>(newest);
    List<Bulk.Write> writes = new ArrayList<>();
    for (Refusal refusal : refusals) {
      accepted.remove(PaymentKey.of(refusal.event()));
      writes.add(stub(refusal));
    }
    Set<String> known = stubsAmong(index, accepted.keySet());
    accepted.forEach((key, event) -> {
      if (known.contains(stubId(key))) {
        writes.add(emptyStub(stubId(key), event.getVersion()));
      }
    });
    writeStubs(index, writes);
    if (!refusals.isEmpty()) {
      Refusal first = refusals.getFirst();
      LOG.atError()
          .addKeyValue("organization", first.event().getOrganizationId())
          .addKeyValue("payment", first.event().getPaymentId())
          .addKeyValue("position", first.event().getPosition())
          .log("parked {} payments, the first because: {}", refusals.size(), first.reason());
    }
    // Counted rather than added up: a run may have got this far before, without its checkpoint.
    generations.refresh(index);
    return stubs(index);
  }

  private static Bulk.Write stub(Refusal refusal) {
    PaymentEvent event = refusal.event();
    Map<String, Object> parked = new LinkedHashMap<>();
    parked.put("reason", refusal.reason());
    if (Refusals.carriesItsPayment(event)) {
      parked.put(
          Documents.PAYMENT, Base64.getEncoder().encodeToString(event.getPayment().toByteArray()));
    }
    return new Bulk.Write(
        stubId(PaymentKey.of(event)),
        event.getVersion(),
        Bulk.Rule.NEWER,
        Map.of(Documents.PARKED_ORGANIZATION, event.getOrganizationId(), Documents.PARKED, parked));
  }

  /** Not deleted: engines forget the versions of deleted documents. */
  private static Bulk.Write emptyStub(String id, long version) {
    return new Bulk.Write(id, version, Bulk.Rule.SAME_OR_NEWER, Map.of());
  }

  private void writeStubs(String index, List<Bulk.Write> writes) throws SourceUnavailableException {
    List<Bulk.Refused> refused = bulk.write(index, writes);
    if (!refused.isEmpty()) {
      throw new IllegalStateException("a stub is refused: " + refused.getFirst().reason());
    }
  }

  private static String stubId(PaymentKey key) {
    return Documents.stubId(key.organizationId(), key.paymentId());
  }

  /** Ids of those payments' stubs that are not empty, as written. */
  private Set<String> stubsAmong(String index, Set<PaymentKey> keys)
      throws SourceUnavailableException {
    if (keys.isEmpty()) {
      return Set.of();
    }
    JsonNode found =
        ask(
            index,
            "POST",
            "/_mget",
            Map.of("_source_includes", Documents.PARKED_ORGANIZATION),
            Map.of("ids", keys.stream().map(SearchIndexWriter::stubId).toList()));
    Set<String> ids = new HashSet<>();
    for (JsonNode document : found.path("docs")) {
      if (document.path("_source").has(Documents.PARKED_ORGANIZATION)) {
        ids.add(document.path("_id").asText());
      }
    }
    return ids;
  }

  /** Stubs that are not empty, as refreshed. */
  private long stubs(String index) throws SourceUnavailableException {
    return ask(index, "POST", "/_count", Map.of(), Map.of("query", parkedOnes()))
        .path("count")
        .asLong();
  }

  private static Map<String, Object> parkedOnes() {
    return Map.of("exists", Map.of("field", Documents.PARKED_ORGANIZATION));
  }

  private JsonNode ask(
      String index, String method, String path, Map<String, String> parameters, Object body)
      throws SourceUnavailableException {
    Reply reply = engine.ask(method, "/" + index + path, parameters, body, Generations.WRITE_MAX);
    if (reply.status() == NOT_FOUND) {
      throw Generations.gone(index);
    }
    if (!reply.isOk()) {
      throw EngineConnection.broken(reply.status(), reply.body());
    }
    return reply.body();
  }

  @Override
  public Optional<SourcePosition> retryParked(long fence) throws SourceUnavailableException {
    return change(
        fence,
        Optional.empty(),
        before -> {
          SourcePosition at = before.checkpoint().at();
          if (at.parked() == 0) {
            return Optional.of(at);
          }
          return shown(move(before, at.withParked(retry(before.index()))));
        });
  }

  /** Writes again what stubs stand for; how many stubs are left. */
  private long retry(String index) throws SourceUnavailableException {
    generations.refresh(index);
    JsonNode found =
        ask(index, "POST", "/_search", Map.of(), Map.of("size", PARKED_MAX, "query", parkedOnes()));
    List<Bulk.Write> writes = new ArrayList<>();
    for (JsonNode hit : found.path("hits").path("hits")) {
      String payment = hit.path("_source").path(Documents.PARKED).path(Documents.PAYMENT).asText();
      if (!payment.isEmpty()) {
        writes.add(payment(Documents.payment(payment)));
      }
    }
    Set<String> refused = new HashSet<>();
    bulk.write(index, writes).forEach(it -> refused.add(it.write().id()));
    List<Bulk.Write> freed =
        writes.stream()
            .filter(write -> !refused.contains(write.id()))
            .map(write -> emptyStub(Documents.stubIdOf(write.id()), write.version()))
            .toList();
    writeStubs(index, freed);
    LOG.info("applied {} parked payments, {} stay parked", freed.size(), refused.size());
    generations.refresh(index);
    return stubs(index);
  }

  private <T> T change(long fence, T fencedOut, Change<T> work) throws SourceUnavailableException {
    lock.lock();
    try {
      Held before = held == null ? generations.read().orElse(null) : held;
      if (before == null || before.checkpoint().fence() != fence || before.checkpoint().retired()) {
        return fencedOut;
      }
      held = before;
      boolean known = false;
      try {
        T result = work.from(before);
        known = true;
        return result;
      } finally {
        if (!known) {
          // What became of the write is read when asked for next.
          held = null;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private Optional<Held> move(Held before, SourcePosition there) throws SourceUnavailableException {
    Optional<Held> moved = generations.write(before, before.checkpoint().movedTo(there));
    held = moved.orElse(null);
    return moved;
  }

  private void refreshSoon(Held moved) throws SourceUnavailableException {
    long age = System.nanoTime() - refreshedNanos;
    if (age >= refreshEvery.toNanos()) {
      refresh(moved);
    } else {
      schedule(refreshEvery.toNanos() - age);
    }
  }

  private void schedule(long nanos) {
    if (!refreshScheduled) {
      refreshScheduled = true;
      Future<?> _ = refresher.schedule(this::refreshDue, nanos, TimeUnit.NANOSECONDS);
    }
  }

  private void refreshDue() {
    lock.lock();
    try {
      refreshScheduled = false;
      Held current = held;
      // Without it a write has failed, and takeover refreshes.
      if (current != null) {
        refresh(current);
      }
    } catch (SourceUnavailableException e) {
      LOG.debug("a refresh failed", e);
      schedule(Math.max(refreshEvery.toNanos(), RETRY_AFTER.toNanos()));
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("a refresh failed unexpectedly");
      schedule(RETRY_AFTER.toNanos());
    } finally {
      lock.unlock();
    }
  }

  /** Makes visible all that was written up to a checkpoint. */
  private void refresh(Held written) throws SourceUnavailableException {
    refreshedNanos = System.nanoTime();
    generations.refresh(written.index());
    searchable.accept(written.checkpoint().at());
  }

  @Override
  public void close() {
    refresher.shutdownNow();
  }
}
