package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.platform.grpc.Deadlines;
import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.read.source.PaymentKey;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.Snapshots;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.Totals;
import com.gyroscops.payments.read.source.TotalsSpan;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadSource;
import io.grpc.Context;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.store.AlreadyClosedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Payments in a Lucene index of this process. Complete, filled from a snapshot of another source
 * whenever it is empty and taken over.
 *
 * <p>Every change ends with one switch: the {@link View} with documents and position, and the
 * rollups, change together under the write side of one lock. A query that reads rollups takes its
 * view under the read side; every other takes its view alone. So each answer is of one snapshot,
 * and of the position it says; and what {@link #apply} has returned is seen by every query begun
 * after it.
 *
 * <p>Whatever fails while it is written to leaves it empty: it is filled anew, for half a run of
 * events must never be seen.
 */
public final class MemorySource implements PaymentSource, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(MemorySource.class);

  private static final Set<Capability> CAPABILITIES =
      Set.of(
          Capability.FIND,
          Capability.SEARCH,
          Capability.AGGREGATE,
          Capability.ANALYZE,
          Capability.SUGGEST);

  /** Most parked events: above it something is wrong that parking does not mend. */
  static final int PARKED_MAX = 10_000;

  /** Each run makes a segment, whatever its size, which is merged with others later. */
  private static final Duration RUN_EVERY = Duration.ofMillis(15);

  /**
   * Analyses with percentiles at a time: each keeps up to 16 bytes for every payment that matches.
   */
  private static final int PERCENTILES_MAX = 2;

  private static final Duration CALL_CHECK = Duration.ofMillis(20);

  /**
   * How long a history that turned out not to be the log's is not loaded again: the source that
   * snapshots come from needs a moment to notice too. Then it is tried once more, for a log can
   * have lost events without getting another epoch.
   */
  static final Duration DIVERGED_WAIT = Duration.ofSeconds(30);

  private static final int PROGRESS_EVERY = 100_000;

  /** Without changes for so long, the index is at rest. */
  private static final Duration REST = Duration.ofSeconds(5);

  /**
   * Payments outside the largest segment from which on an index at rest is merged, as a part of
   * all: each search looks into every segment, but the whole index must not be written anew for a
   * handful of changes.
   */
  private static final double SCATTERED_MIN = 0.1;

  @FunctionalInterface
  private interface Work<T> {
    T on(View view) throws IOException;
  }

  private final Snapshots snapshots;
  private final Path sharedFolder;
  private final int paymentsMax;
  private final Duration divergedWait;
  private final SearchRun.Reach reach;

  // Held by whoever changes anything.
  private final ReentrantLock changing = new ReentrantLock();
  // Writing: the view and its rollups change. Fair, so that queries do not hold changes up.
  private final ReentrantReadWriteLock switching = new ReentrantReadWriteLock(true);
  private final Semaphore percentiles = new Semaphore(PERCENTILES_MAX);
  private volatile @Nullable View current;
  private volatile boolean withdrawn;
  private volatile boolean closed;
  private volatile int loading;
  private volatile long changedNanos = System.nanoTime();
  private @Nullable PaymentIndex leftUnmerged;
  private @Nullable MemoryFolder folder;
  private long newestFence = Long.MIN_VALUE;
  private SourcePosition diverged = SourcePosition.NOWHERE;
  private long divergedNanos;

  /**
   * An empty source; it opens no file before it is taken over.
   *
   * @param snapshots what it is filled from
   * @param sharedFolder where to keep the index, in a folder of its own
   * @param paymentsMax most payments to hold; with more it withdraws for good
   */
  public MemorySource(Snapshots snapshots, Path sharedFolder, int paymentsMax) {
    this(snapshots, sharedFolder, paymentsMax, DIVERGED_WAIT, SearchRun.Reach.USUAL);
  }

  MemorySource(
      Snapshots snapshots,
      Path sharedFolder,
      int paymentsMax,
      Duration divergedWait,
      SearchRun.Reach reach) {
    if (paymentsMax < 1) {
      throw new IllegalArgumentException("paymentsMax " + paymentsMax);
    }
    this.snapshots = snapshots;
    this.sharedFolder = sharedFolder;
    this.paymentsMax = paymentsMax;
    this.divergedWait = divergedWait;
    this.reach = reach;
  }

  @Override
  public ReadSource id() {
    return ReadSource.READ_SOURCE_MEMORY;
  }

  @Override
  public Set<Capability> capabilities() {
    return withdrawn ? Set.of() : CAPABILITIES;
  }

  /** Payments held; while it is being filled, those taken in so far. */
  public int payments() {
    View view = current;
    return loading > 0 || view == null ? loading : view.reader().numDocs();
  }

  /** Segments of the index; 0: there is none. */
  public int segments() {
    View view = acquire();
    if (view == null) {
      return 0;
    }
    try (view) {
      return view.leaves().size();
    }
  }

  /** Whether it holds nothing any more because there were too many payments. */
  public boolean isWithdrawn() {
    return withdrawn;
  }

  // Reading

  @Override
  public Answer<List<Payment>> find(String organizationId, List<String> paymentIds) {
    Set<PaymentKey> keys =
        paymentIds.stream()
            .map(id -> new PaymentKey(organizationId, id))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    return answer(
        view -> keys.stream().anyMatch(view.parked()::containsKey),
        view -> List.copyOf(PaymentIndex.find(view, keys).values()));
  }

  @Override
  public Answer<SearchPage> search(PaymentSearch search) {
    return answer(
        view -> view.hasParked(search.filter().organizationId()),
        view -> SearchRun.page(view, search, reach));
  }

  @Override
  public Answer<Groups> analyze(Analysis analysis) {
    if (analysis.percentiles().isEmpty()) {
      return analyzeNow(analysis);
    }
    try {
      Context call = Context.current();
      while (!percentiles.tryAcquire(CALL_CHECK.toNanos(), TimeUnit.NANOSECONDS)) {
        if (Deadlines.isOver(call)) {
          return new Answer.Stopped<>();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new Answer.Stopped<>();
    }
    try {
      return analyzeNow(analysis);
    } finally {
      percentiles.release();
    }
  }

  private Answer<Groups> analyzeNow(Analysis analysis) {
    return answer(
        view -> view.hasParked(analysis.filter().organizationId()),
        view -> AnalysisRun.groups(view, analysis));
  }

  @Override
  public Answer<Completion.Values> suggest(Completion completion) {
    return answer(
        view -> view.hasParked(completion.organizationId()),
        view -> Suggestions.values(view, completion));
  }

  @Override
  public Answer<Totals> aggregate(TotalsSpan span) {
    View view;
    Optional<Answer<Totals>> refusal;
    Optional<TotalsRun> run;
    switching.readLock().lock();
    try {
      view = acquire();
      if (view == null) {
        return new Answer.NotReady<>(SourcePosition.NOWHERE);
      }
      refusal =
          refusal(
              view,
              span.organizationId().isEmpty()
                  ? !view.parked().isEmpty()
                  : view.hasParked(span.organizationId().get()));
      run = refusal.isPresent() ? Optional.empty() : Optional.of(TotalsRun.readRollups(view, span));
    } finally {
      switching.readLock().unlock();
    }
    try (view) {
      return run.isEmpty() ? refusal.orElseThrow() : worked(view, _ -> run.get().finish());
    }
  }

  private <T> Answer<T> answer(Predicate<View> incomplete, Work<T> work) {
    View view = acquire();
    if (view == null) {
      return new Answer.NotReady<>(SourcePosition.NOWHERE);
    }
    try (view) {
      Optional<Answer<T>> refusal = refusal(view, incomplete.test(view));
      return refusal.isPresent() ? refusal.get() : worked(view, work);
    }
  }

  private static <T> Optional<Answer<T>> refusal(View view, boolean incomplete) {
    if (!view.at().isReady()) {
      return Optional.of(new Answer.NotReady<>(view.at()));
    }
    return incomplete ? Optional.of(new Answer.Incomplete<>(view.at())) : Optional.empty();
  }

  private static <T> Answer<T> worked(View view, Work<T> work) {
    try {
      return new Answer.Data<>(work.on(view), view.at());
    } catch (CallEnd.Reached _) {
      return new Answer.Stopped<>();
    } catch (IOException e) {
      return new Answer.Unavailable<>(e);
    }
  }

  /** The view of this moment, held for the caller; null: there is none. */
  private @Nullable View acquire() {
    while (true) {
      View view = current;
      // One that could not be held was replaced just now.
      if (view == null || view.acquire()) {
        return view;
      }
    }
  }

  @Override
  public SourcePosition position() {
    View view = current;
    return view == null ? SourcePosition.NOWHERE : view.at();
  }

  // Changing

  @Override
  public Optional<SourcePosition> takeOver(long fence) throws SourceUnavailableException {
    changing.lock();
    try {
      requireOpen();
      if (fence < newestFence) {
        return Optional.empty();
      }
      newestFence = fence;
      if (position().epoch().isEmpty()) {
        load();
      }
      return Optional.of(position());
    } finally {
      changing.unlock();
    }
  }

  private void requireOpen() throws SourceUnavailableException {
    if (withdrawn || closed) {
      throw new SourceUnavailableException(
          withdrawn ? "there are more payments than memory may hold" : "memory is closed");
    }
  }

  @Override
  public Optional<SourcePosition> startOver(long fence) throws SourceUnavailableException {
    changing.lock();
    try {
      requireOpen();
      if (fence != newestFence) {
        return Optional.empty();
      }
      SourcePosition left = position();
      if (!left.epoch().isEmpty()) {
        diverged = left;
        divergedNanos = System.nanoTime();
      }
      discard();
      install(newIndex(), SourcePosition.NOWHERE, Map.of());
      return Optional.of(SourcePosition.NOWHERE);
    } finally {
      changing.unlock();
    }
  }

  @Override
  public Optional<SourcePosition> begin(
      long fence, String logId, Lineage lineage, long readyPosition)
      throws SourceUnavailableException {
    changing.lock();
    try {
      requireOpen();
      if (fence != newestFence || !position().epoch().isEmpty()) {
        return Optional.empty();
      }
      SourcePosition start = SourcePosition.start(logId, lineage, readyPosition);
      discard();
      install(newIndex(), start, Map.of());
      return Optional.of(start);
    } finally {
      changing.unlock();
    }
  }

  @Override
  public Optional<SourcePosition> continueIn(
      long fence, SourcePosition at, Lineage lineage, long head) throws SourceUnavailableException {
    changing.lock();
    try {
      requireOpen();
      View view = current;
      if (view == null || !stands(view, fence, at)) {
        return Optional.empty();
      }
      SourcePosition there = view.at().continuedIn(lineage, head);
      write(view, Map.of(), Map.of(), there, view.parked());
      return Optional.of(there);
    } finally {
      changing.unlock();
    }
  }

  private boolean stands(View view, long fence, SourcePosition at) {
    return fence == newestFence && view.at().isAt(at);
  }

  @Override
  public Duration runEvery() {
    return RUN_EVERY;
  }

  @Override
  public ApplyOutcome apply(long fence, SourcePosition at, List<PaymentEvent> events)
      throws SourceUnavailableException {
    at.requireFollowedBy(events);
    changing.lock();
    try {
      requireOpen();
      View view = current;
      if (view == null || !stands(view, fence, at)) {
        return new ApplyOutcome.FencedOut();
      }
      if (events.isEmpty()) {
        return new ApplyOutcome.Applied(view.at());
      }
      Map<PaymentKey, Payment> stored =
          stored(view, events.stream().map(PaymentKey::of).collect(Collectors.toSet()));
      RunPlan plan = RunPlan.of(events, stored, view.parked().keySet());
      long parked = view.at().parked() + plan.parked.size();
      if (parked > PARKED_MAX) {
        return new ApplyOutcome.ParkingFull(PARKED_MAX);
      }
      Map<PaymentKey, List<ParkedEvent>> allParked = view.parked();
      if (!plan.parked.isEmpty()) {
        allParked = withParked(view.parked(), plan.parked);
        logParked(plan.parked);
      }
      PaymentEvent last = events.getLast();
      SourcePosition there = view.at().advancedTo(last.getPosition(), last.getEventId(), parked);
      write(view, plan.newest, stored, there, allParked);
      return new ApplyOutcome.Applied(there);
    } finally {
      changing.unlock();
    }
  }

  private Map<PaymentKey, Payment> stored(View view, Set<PaymentKey> keys)
      throws SourceUnavailableException {
    try {
      return PaymentIndex.find(view, keys);
    } catch (IOException e) {
      discard();
      throw new SourceUnavailableException("the index cannot be read: " + e.getMessage(), e);
    }
  }

  private static Map<PaymentKey, List<ParkedEvent>> withParked(
      Map<PaymentKey, List<ParkedEvent>> before, List<ParkedEvent> added) {
    Map<PaymentKey, List<ParkedEvent>> all = new HashMap<>();
    before.forEach((key, events) -> all.put(key, new ArrayList<>(events)));
    added.forEach(parked ->
        all.computeIfAbsent(PaymentKey.of(parked.event()), _ -> new ArrayList<>()).add(parked));
    all.replaceAll((_, events) -> List.copyOf(events));
    return Map.copyOf(all);
  }

  private static void logParked(List<ParkedEvent> parked) {
    ParkedEvent first = parked.getFirst();
    LOG.atError()
        .addKeyValue("organization", first.event().getOrganizationId())
        .addKeyValue("payment", first.event().getPaymentId())
        .addKeyValue("position", first.event().getPosition())
        .log("parked {} events, the first because: {}", parked.size(), first.reason());
  }

  /**
   * Writes the newest states of payments and switches to them.
   *
   * @param stored what the view holds of them
   */
  private void write(
      View view,
      Map<PaymentKey, Payment> newest,
      Map<PaymentKey, Payment> stored,
      SourcePosition there,
      Map<PaymentKey, List<ParkedEvent>> parked)
      throws SourceUnavailableException {
    long created = newest.keySet().stream().filter(key -> !stored.containsKey(key)).count();
    if (view.reader().numDocs() + created > paymentsMax) {
      throw withdraw();
    }
    PaymentIndex index = view.index();
    boolean done = false;
    try {
      for (Map.Entry<PaymentKey, Payment> each : newest.entrySet()) {
        if (stored.containsKey(each.getKey())) {
          index.replace(each.getValue());
        } else {
          index.add(each.getValue());
        }
      }
      View next = new View(index, index.refreshed(view.reader()), there, parked);
      publish(
          next,
          () ->
              newest.forEach((key, payment) -> {
                Payment before = stored.get(key);
                if (before != null) {
                  index.rollups().subtract(before);
                }
                index.rollups().add(payment);
              }));
      done = true;
    } catch (IOException | AlreadyClosedException e) {
      throw new SourceUnavailableException("the index cannot be written: " + e.getMessage(), e);
    } finally {
      if (!done) {
        discard();
      }
    }
  }

  /** The switch. */
  private void publish(@Nullable View next, Runnable rollups) {
    changedNanos = System.nanoTime();
    View before;
    switching.writeLock().lock();
    try {
      rollups.run();
      before = current;
      current = next;
    } finally {
      switching.writeLock().unlock();
    }
    if (before != null) {
      before.close();
    }
  }

  @Override
  public Optional<SourcePosition> retryParked(long fence) throws SourceUnavailableException {
    changing.lock();
    try {
      requireOpen();
      View view = current;
      if (fence != newestFence || view == null) {
        return Optional.empty();
      }
      if (view.parked().isEmpty()) {
        return Optional.of(view.at());
      }
      Map<PaymentKey, Payment> stored = stored(view, view.parked().keySet());
      Map<PaymentKey, Payment> newest = new HashMap<>();
      List<ParkedEvent> left = new ArrayList<>();
      view.parked()
          .forEach((key, events) -> {
            RunPlan plan = RunPlan.of(inOrder(events), stored, Set.of());
            newest.putAll(plan.newest);
            left.addAll(plan.parked);
          });
      if (newest.isEmpty()) {
        return Optional.of(view.at());
      }
      SourcePosition at = view.at();
      SourcePosition there = at.advancedTo(at.position(), at.eventId(), left.size());
      write(view, newest, stored, there, withParked(Map.of(), left));
      LOG.info("applied {} parked events", at.parked() - left.size());
      return Optional.of(there);
    } finally {
      changing.unlock();
    }
  }

  /** As they came, unless they came in the wrong order. */
  private static List<PaymentEvent> inOrder(List<ParkedEvent> parked) {
    return parked.stream()
        .map(ParkedEvent::event)
        .sorted(
            Comparator.comparingLong(PaymentEvent::getVersion)
                .thenComparingLong(PaymentEvent::getPosition))
        .toList();
  }

  @Override
  public Optional<Tidied> optimize() throws SourceUnavailableException {
    return Optional.of(merge());
  }

  /**
   * Merges segments if nothing has changed for a while and it is worth it; else does nothing.
   * Blocks meanwhile; queries and changes go on. For one thread.
   */
  public void mergeAtRest() throws SourceUnavailableException {
    mergeAtRest(System.nanoTime());
  }

  void mergeAtRest(long now) throws SourceUnavailableException {
    if (now - changedNanos < REST.toNanos()) {
      return;
    }
    View view = acquire();
    if (view == null) {
      return;
    }
    try (view) {
      PaymentIndex index = view.index();
      if (index != leftUnmerged && scattered(view) >= SCATTERED_MIN) {
        // Whatever becomes of it: a merge that failed once, or lacks room, is not tried on and on.
        leftUnmerged = index;
        Tidied tidied = merge();
        leftUnmerged = null;
        LOG.info("merged {} segments of the index at rest", tidied.segmentsBefore());
      }
    }
  }

  /** Documents outside the largest segment, replaced ones included, as a part of all. */
  private static double scattered(View view) {
    int largest = view.leaves().stream().mapToInt(it -> it.reader().maxDoc()).max().orElse(0);
    int all = view.reader().maxDoc();
    return all == 0 ? 0 : (double) (all - largest) / all;
  }

  private Tidied merge() throws SourceUnavailableException {
    View before = acquire();
    if (before == null) {
      throw new SourceUnavailableException("there is no index now");
    }
    try (before) {
      PaymentIndex index = before.index();
      index.merge();
      changing.lock();
      try {
        View view = current;
        if (view == null || view.index() != index) {
          throw new SourceUnavailableException("the index was emptied meanwhile");
        }
        DirectoryReader merged = index.refreshed(view.reader());
        publish(new View(index, merged, view.at(), view.parked()), () -> {});
        return new Tidied(before.leaves().size(), merged.leaves().size());
      } finally {
        changing.unlock();
      }
    } catch (IOException | AlreadyClosedException e) {
      throw new SourceUnavailableException("the index cannot be merged: " + e.getMessage(), e);
    }
  }

  // Filling

  private void load() throws SourceUnavailableException {
    discard();
    Filling filling = new Filling(newIndex());
    boolean done = false;
    try {
      long start = System.nanoTime();
      snapshots.read(filling);
      filling.requireWhole();
      if (filling.payments <= paymentsMax) {
        install(filling.index, filling.position(), withParked(Map.of(), filling.parked));
        done = true;
      }
      LOG.info(
          "memory has taken in {} payments as of position {} in {} s",
          filling.payments,
          filling.at.position(),
          Duration.ofNanos(System.nanoTime() - start).toSeconds());
    } catch (FillingFailed e) {
      throw new SourceUnavailableException("the index cannot be written: " + e.getMessage(), e);
    } finally {
      loading = 0;
      if (!done) {
        close(filling.index);
      }
    }
    if (!done) {
      throw withdraw();
    }
    diverged = SourcePosition.NOWHERE;
  }

  /** The disk under the index failed while it was filled. */
  private static final class FillingFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private FillingFailed(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** Takes one snapshot in. */
  private final class Filling implements Snapshots.Receiver {
    private final PaymentIndex index;
    private final List<ParkedEvent> parked = new ArrayList<>();
    private SourcePosition at = SourcePosition.NOWHERE;
    private int payments;
    private boolean isDiverged;

    private Filling(PaymentIndex index) {
      this.index = index;
    }

    @Override
    public boolean start(SourcePosition start) {
      at = start;
      isDiverged =
          !diverged.epoch().isEmpty()
              && diverged.isIn(start.logId(), start.epoch())
              && System.nanoTime() - divergedNanos < divergedWait.toNanos();
      return !isDiverged;
    }

    @Override
    public boolean payment(Payment payment) {
      if (++payments > paymentsMax || closed) {
        return false;
      }
      try {
        index.add(payment);
      } catch (IOException e) {
        throw new FillingFailed(e);
      }
      index.rollups().add(payment);
      loading = payments;
      if (payments % PROGRESS_EVERY == 0) {
        LOG.info("memory has taken in {} payments", payments);
      }
      return true;
    }

    @Override
    public void parked(PaymentEvent event) {
      parked.add(new ParkedEvent(event, "parked where it was loaded from"));
    }

    private SourcePosition position() {
      return at.epoch().isEmpty() ? at : at.withParked(parked.size());
    }

    private void requireWhole() throws SourceUnavailableException {
      if (isDiverged) {
        throw new SourceUnavailableException(
            "what memory is filled from is still of the history that is not the log's");
      }
      requireOpen();
    }
  }

  private PaymentIndex newIndex() throws SourceUnavailableException {
    try {
      MemoryFolder own = folder;
      if (own == null) {
        own = MemoryFolder.in(sharedFolder);
        folder = own;
      }
      return new PaymentIndex(own.next(), paymentsMax);
    } catch (IOException e) {
      throw new SourceUnavailableException("there can be no index: " + e.getMessage(), e);
    }
  }

  private void install(
      PaymentIndex index, SourcePosition at, Map<PaymentKey, List<ParkedEvent>> parked)
      throws SourceUnavailableException {
    try {
      publish(new View(index, index.open(), at, parked), () -> {});
    } catch (IOException e) {
      close(index);
      throw new SourceUnavailableException("the index cannot be opened: " + e.getMessage(), e);
    }
  }

  /** Drops the index; queries under way end on what they hold. */
  private void discard() {
    View view = current;
    publish(null, () -> {});
    if (view != null) {
      close(view.index());
    }
  }

  private static void close(PaymentIndex index) {
    try {
      index.close();
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("files of an index that is given up may be left");
    }
  }

  private SourceUnavailableException withdraw() {
    withdrawn = true;
    discard();
    closeFolder();
    LOG.error(
        "memory withdraws until restart: there are more than {} payments (MEMORY_PAYMENTS_MAX)",
        paymentsMax);
    return new SourceUnavailableException("there are more payments than memory may hold");
  }

  private void closeFolder() {
    MemoryFolder own = folder;
    folder = null;
    if (own != null) {
      try {
        own.close();
      } catch (IOException e) {
        LOG.atWarn().setCause(e).log("the folder of the index may be left");
      }
    }
  }

  /** Ends it, and deletes its files. */
  @Override
  public void close() {
    closed = true;
    changing.lock();
    try {
      discard();
      closeFolder();
    } finally {
      changing.unlock();
    }
  }
}
