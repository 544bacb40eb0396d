package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
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

  /** Where progress is kept. */
  @FunctionalInterface
  public interface Store {

    /**
     * Keeps a subscriber's position, whatever was kept before: a rebuilt source starts anew.
     *
     * @throws RuntimeException if the store does not answer
     */
    void save(String source, String subscriber, long position);
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
