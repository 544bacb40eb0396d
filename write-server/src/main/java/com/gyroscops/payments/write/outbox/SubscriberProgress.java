package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What subscribers say of themselves, for every write-server to see. It is coalesced: only the
 * newest of each subscriber is written, all of them together, at each {@link #flush}. For
 * concurrent use.
 */
public final class SubscriberProgress {

  private static final Logger LOG = LoggerFactory.getLogger(SubscriberProgress.class);

  /** A subscriber of one source. */
  public record Subscriber(String source, String name) {}

  /**
   * What a subscriber says of its source, at some moment.
   *
   * @param fence grows with each change of who keeps the source
   * @param session number of the subscription under that fence
   * @param epoch history that the positions belong to
   * @param position applied up to here
   * @param visible readers of the source see the log up to here; 0: no promise
   * @param parked events set aside
   * @param live false: the subscription has ended, and with it what was said
   */
  public record Claim(
      long fence,
      long session,
      String epoch,
      long position,
      long visible,
      long parked,
      boolean live) {

    private static final Comparator<Claim> BY_SESSION =
        Comparator.comparingLong(Claim::fence).thenComparingLong(Claim::session);

    /** What is left of it when the subscription ends. */
    Claim ended() {
      return new Claim(fence, session, epoch, position, 0, parked, false);
    }

    /** Whether it was said in a subscription that came before the other's. */
    boolean isBefore(Claim other) {
      return BY_SESSION.compare(this, other) < 0;
    }
  }

  /**
   * A claim to be kept.
   *
   * @param age how long ago it was heard
   * @param lasting it takes back something said before, and so must outlive a crash of the store;
   *     the others will be said again
   */
  public record Heard(Subscriber subscriber, Claim claim, Duration age, boolean lasting) {}

  /**
   * What is known of a source that many may keep, one at a time.
   *
   * @param live somebody keeps it and was heard within {@link #SILENCE_MAX}
   * @param epoch as {@link Claim#epoch}
   * @param visible as {@link Claim#visible}
   * @param parked as {@link Claim#parked}
   */
  public record Standing(String source, boolean live, String epoch, long visible, long parked) {}

  /**
   * How long what a subscriber said holds: it looks at its source and repeats itself every other
   * second at least.
   */
  public static final Duration SILENCE_MAX = Duration.ofSeconds(5);

  /**
   * How long a higher fence keeps lower ones from being believed, though nothing is heard under it:
   * far above the time in which a holder that was replaced notices. Not for ever, since fences
   * begin anew where the database that counts them was lost.
   */
  public static final Duration FENCE_MEMORY = Duration.ofMinutes(1);

  /**
   * How long a subscriber that says nothing is remembered: longer than any outage after which a
   * replica comes back under its name, and short enough that replicas with random names do not pile
   * up. One that is forgotten is kept again from its next acknowledgement on.
   */
  static final Duration SILENT_MAX = Duration.ofDays(1);

  /** How long one call for haste is heeded; who still waits calls again before. */
  static final Duration HASTE = Duration.ofSeconds(5);

  /** Where progress is kept, by one clock. */
  public interface Store {

    /**
     * Keeps what subscribers say, all or nothing. A position may be lower than the one before: a
     * rebuilt source starts anew. What was said in an earlier subscription than what is kept has no
     * effect, unless it was heard after that one ended, or {@link #SILENCE_MAX} after it was heard
     * last.
     *
     * @throws StoreUnavailableException if the store does not answer
     */
    void save(Collection<Heard> heard);

    /**
     * How sources stand: what was said last under the highest fence heard of within {@link
     * #FENCE_MEMORY}, or else under the highest at all. Sources without subscribers are left out.
     *
     * @throws StoreUnavailableException if the store does not answer
     */
    List<Standing> standings(Collection<String> sources);

    /**
     * Tells all servers, this one too, to flush without delay for a while. May be lost.
     *
     * @throws StoreUnavailableException if the store does not answer
     */
    void callForHaste();

    /**
     * Removes the subscribers that were last heard longer ago than that, by the store's own clock.
     *
     * @return how many they were
     * @throws StoreUnavailableException if the store does not answer
     */
    long removeSilent(Duration silentMax);
  }

  /** A claim and when it was heard here. */
  private record Unsaved(Claim claim, long nanos, boolean lasting) {

    /** Coalesced with what was said after it, or so it seems. */
    Unsaved then(Unsaved next) {
      return next.claim.isBefore(claim)
          ? this
          : new Unsaved(next.claim, next.nanos, lasting || next.lasting);
    }
  }

  private final Store store;
  private final LongSupplier nanoTime;
  private final Map<Subscriber, Unsaved> unsaved = new ConcurrentHashMap<>();
  private volatile Runnable onHaste = () -> {};
  private volatile long hasteEndNanos;
  private volatile boolean saving = true;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  public SubscriberProgress(Store store, LongSupplier nanoTime) {
    this.store = store;
    this.nanoTime = nanoTime;
    hasteEndNanos = nanoTime.getAsLong();
  }

  /**
   * The subscriber says this now.
   *
   * @param lasting as {@link Heard#lasting}
   */
  void said(Subscriber subscriber, Claim claim, boolean lasting) {
    unsaved.merge(subscriber, new Unsaved(claim, nanoTime.getAsLong(), lasting), Unsaved::then);
  }

  /**
   * Forgets the subscribers that are gone; several servers may do so at once.
   *
   * @throws StoreUnavailableException if the store does not answer
   */
  public void forgetSilent() {
    long removed = store.removeSilent(SILENT_MAX);
    if (removed > 0) {
      LOG.info("forgot {} subscribers that said nothing for {}", removed, SILENT_MAX);
    }
  }

  /** Somebody, at this server or another, waits for what subscribers say. */
  public void hurry() {
    boolean already = isHurried();
    hasteEndNanos = nanoTime.getAsLong() + HASTE.toNanos();
    if (!already) {
      onHaste.run();
    }
  }

  /** Whether somebody waits. */
  public boolean isHurried() {
    return hasteEndNanos - nanoTime.getAsLong() > 0;
  }

  /**
   * Has this one thing run when haste begins, and at all that is said in haste; it must be quick.
   */
  public void onHaste(Runnable listener) {
    onHaste = listener;
  }

  /**
   * Writes what is new. What cannot be written is tried again at the next flush. For one thread.
   */
  public void flush() {
    Map<Subscriber, Unsaved> taken = Map.copyOf(unsaved);
    if (taken.isEmpty()) {
      return;
    }
    long now = nanoTime.getAsLong();
    List<Heard> heard = new ArrayList<>(taken.size());
    taken.forEach((subscriber, it) ->
        heard.add(
            new Heard(subscriber, it.claim(), Duration.ofNanos(now - it.nanos()), it.lasting())));
    try {
      store.save(heard);
      taken.forEach(unsaved::remove);
      saving = true;
    } catch (StoreUnavailableException e) {
      if (saving) {
        LOG.warn("progress of {} subscribers is saved later: {}", heard.size(), e.getMessage());
      }
      saving = false;
    }
  }
}
