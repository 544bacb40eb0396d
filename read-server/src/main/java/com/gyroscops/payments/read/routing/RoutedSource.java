package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.projection.ProjectedSource;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PositionTracker;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.v1.ReadSource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A source as the router sees it: where it is known to stand, how busy it is, whether it answers.
 * For concurrent use.
 */
public final class RoutedSource {

  private static final Logger LOG = LoggerFactory.getLogger(RoutedSource.class);

  /**
   * Most questions that a source is at, those included that nobody waits for any more because it
   * hangs: as many as there may be queries at once.
   */
  static final int QUESTIONS_MAX = 512;

  /** Least time between looks at the store while queries wait for it to catch up. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(5);

  /**
   * Likewise of a source that is kept in step here: whoever does so tells of each step, and a look
   * only mends what an old answer may have said since.
   */
  private static final Duration LOOK_HERE_EVERY = Duration.ofMillis(50);

  /** Rest after a look, as a multiple of what it took: looks must not slow down what they see. */
  private static final int LOOK_RESTS = 4;

  /** Far more than any source is behind while it is well; one that is comes after the others. */
  private static final Duration LAG_MAX = Duration.ofSeconds(5);

  /** Silence of a store, asked for its position, that counts as absence. */
  private static final Duration SILENCE_MAX = Duration.ofSeconds(3);

  /** Asks a store where it stands. Not for concurrent use. */
  @FunctionalInterface
  public interface Probe extends AutoCloseable {
    /** Where the source stands now. Blocks for at most a few seconds. */
    SourcePosition position() throws SourceUnavailableException;

    @Override
    default void close() {}
  }

  private final String name;
  private final PaymentSource source;
  private final PositionTracker known;
  private final BooleanSupplier projectedHere;
  private final BooleanSupplier givenUp;
  private final Function<SourcePosition, Duration> lag;
  private final LongSupplier nanoTime;
  private final SourceLoad load;
  private final SourceBreaker breaker;
  private final Set<Capability> seenCapable = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean looking = new AtomicBoolean();
  private final AtomicInteger failedLooks = new AtomicInteger();
  private volatile long lookAgainNanos;
  private volatile long probingSinceNanos;
  private volatile boolean probing;
  private volatile boolean away;

  /**
   * @param projectedHere whether this replica keeps it in step
   * @param givenUp whether its projection has ended for good
   * @param lag how long ago the oldest event that is not in a position was committed
   * @param nanoTime a clock of arbitrary origin, in nanoseconds
   */
  RoutedSource(
      String name,
      PaymentSource source,
      PositionTracker known,
      BooleanSupplier projectedHere,
      BooleanSupplier givenUp,
      Function<SourcePosition, Duration> lag,
      LongSupplier nanoTime) {
    this.name = name;
    this.source = source;
    this.known = known;
    this.projectedHere = projectedHere;
    this.givenUp = givenUp;
    this.lag = lag;
    this.nanoTime = nanoTime;
    load = new SourceLoad(nanoTime);
    breaker = new SourceBreaker(name, nanoTime);
    lookAgainNanos = nanoTime.getAsLong();
  }

  /** The router's view of a source of this replica. */
  public static RoutedSource of(ProjectedSource projected, HeadTracker heads) {
    return new RoutedSource(
        projected.name(),
        projected.source(),
        projected.known(),
        projected.projector()::isProjecting,
        projected.projector()::hasGivenUp,
        at ->
            heads.oldestUnapplied(
                head -> at.hasApplied(head.logId(), head.epoch(), head.position())),
        System::nanoTime);
  }

  /** Its name in metrics and messages. */
  public String name() {
    return name;
  }

  /** Why it cannot be asked now; empty: it can. */
  public Optional<String> unready() {
    SourcePosition at = known.latest();
    if (isAway()) {
      return Optional.of("the store does not answer");
    }
    if (givenUp.getAsBoolean()) {
      return Optional.of("its projector has given up");
    }
    if (at.epoch().isEmpty()) {
      return Optional.of("it belongs to no log yet");
    }
    return at.isReady() ? Optional.empty() : Optional.of("it is being filled");
  }

  /** Whether it can answer look-ups or searches, healthy or not. */
  public boolean servesPayments() {
    Set<Capability> now = capabilities();
    return now.contains(Capability.FIND) || now.contains(Capability.SEARCH);
  }

  /** Asks the store where it stands, and remembers whether it answered. For one thread. */
  void probe(Probe store) {
    probingSinceNanos = nanoTime.getAsLong();
    probing = true;
    try {
      known.publish(store.position());
      away = false;
    } catch (SourceUnavailableException e) {
      if (!away) {
        LOG.warn("source {} is away: {}", name, e.getMessage());
      }
      away = true;
    } catch (RuntimeException e) {
      if (!away) {
        LOG.error("source {} cannot tell where it stands and counts as away", name, e);
      }
      away = true;
    } finally {
      probing = false;
    }
  }

  /** Whether the store did not answer when last asked where it stands, or has not for long. */
  boolean isAway() {
    return away || (probing && nanoTime.getAsLong() - probingSinceNanos > SILENCE_MAX.toNanos());
  }

  /** Whether, for all that is known, it answers. */
  boolean isUp() {
    return !isAway() && !breaker.isOpen();
  }

  /** Whether it is far behind, or will not be kept in step any more. */
  boolean isLagging() {
    return givenUp.getAsBoolean() || lag.apply(known.latest()).compareTo(LAG_MAX) > 0;
  }

  ReadSource id() {
    return source.id();
  }

  PaymentSource source() {
    return source;
  }

  PositionTracker known() {
    return known;
  }

  SourceLoad load() {
    return load;
  }

  SourceBreaker breaker() {
    return breaker;
  }

  boolean isProjectedHere() {
    return projectedHere.getAsBoolean();
  }

  Set<Capability> capabilities() {
    Set<Capability> now = source.capabilities();
    seenCapable.addAll(now);
    return now;
  }

  /** The first of these, if any, that it has now. */
  Optional<Capability> firstOf(List<Capability> acceptable) {
    Set<Capability> now = capabilities();
    return acceptable.stream().filter(now::contains).findFirst();
  }

  /**
   * Whether it has none of these at all, rather than not now. One that can do nothing now may have
   * any of them later.
   */
  boolean neverDoes(List<Capability> acceptable) {
    Set<Capability> now = capabilities();
    return !now.isEmpty() && acceptable.stream().noneMatch(seenCapable::contains);
  }

  /**
   * Has the position looked up by another thread, unless one does so already or did a moment ago:
   * at most one at a time, however many queries wait.
   */
  void look() {
    if (nanoTime.getAsLong() - lookAgainNanos < 0 || !looking.compareAndSet(false, true)) {
      return;
    }
    Thread.ofVirtual()
        .name("look-" + name)
        .start(() -> {
          long startNanos = nanoTime.getAsLong();
          try {
            known.publish(source.position());
          } catch (SourceUnavailableException | RuntimeException e) {
            // The watch, which asks the same twice a second, tells of it.
            LOG.debug("source {} could not be looked at", name, e);
            failedLooks.incrementAndGet();
          } finally {
            long endNanos = nanoTime.getAsLong();
            Duration least = isProjectedHere() ? LOOK_HERE_EVERY : LOOK_EVERY;
            lookAgainNanos =
                endNanos + Math.max(least.toNanos(), LOOK_RESTS * (endNanos - startNanos));
            looking.set(false);
          }
        });
  }

  /** Grows with every look that the store did not answer. */
  int failedLooks() {
    return failedLooks.get();
  }
}
