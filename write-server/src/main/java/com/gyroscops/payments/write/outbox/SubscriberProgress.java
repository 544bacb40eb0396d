package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far each subscriber has come, for every write-server to see. Acknowledgements are coalesced:
 * only the newest of each subscriber is written, at each {@link #flush}. For concurrent use.
 */
public final class SubscriberProgress {

  private static final Logger LOG = LoggerFactory.getLogger(SubscriberProgress.class);

  /** A subscriber of one source. */
  public record Subscriber(String source, String name) {}

  /**
   * How long a subscriber that says nothing is remembered: longer than any outage after which a
   * replica comes back under its name, and short enough that replicas with random names do not pile
   * up. One that is forgotten is kept again from its next acknowledgement on.
   */
  static final Duration SILENT_MAX = Duration.ofDays(1);

  /** Where progress is kept. */
  public interface Store {

    /**
     * Keeps a subscriber's position, whatever was kept before: a rebuilt source starts anew.
     *
     * @throws RuntimeException if the store does not answer
     */
    void save(String source, String subscriber, long position);

    /**
     * Removes the subscribers that were last saved longer ago than that, by the store's own clock.
     *
     * @return how many they were
     * @throws StoreUnavailableException if the store does not answer
     */
    long removeSilent(Duration silentMax);
  }

  private final Store store;
  private final Map<Subscriber, Long> unsaved = new ConcurrentHashMap<>();

  public SubscriberProgress(Store store) {
    this.store = store;
  }

  /** The subscriber has applied everything up to here. */
  void acknowledged(Subscriber subscriber, long position) {
    unsaved.put(subscriber, position);
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

  /** Writes what is new. What cannot be written is tried again at the next flush. */
  public void flush() {
    unsaved.forEach((subscriber, position) -> {
      try {
        store.save(subscriber.source(), subscriber.name(), position);
        unsaved.remove(subscriber, position);
      } catch (StoreUnavailableException e) {
        LOG.warn("progress of {} is saved later: {}", subscriber, e.getMessage());
      }
    });
  }
}
