package com.gyroscops.payments.read.tracking;

import com.gyroscops.payments.v1.PaymentEvent;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What this replica has heard of the log's changes so far. For concurrent use. */
public interface Changes {

  /** Silence that counts as having lost the feed: the relay speaks once a second at least. */
  Duration SILENCE_MAX = Duration.ofSeconds(5);

  /**
   * The stretch of the log that is followed now; null: none yet, or the one before was lost. What
   * was known of an earlier stretch says nothing of this one.
   */
  @Nullable ChangeWindow current();

  /**
   * How long ago everything was known that was committed then. Grows while the feed is silent, or
   * gone, or faster than this replica.
   */
  Duration silence();

  /** Whether there is a stretch that is followed, and at most {@link #SILENCE_MAX} behind. */
  default boolean isUp() {
    return current() != null && silence().compareTo(SILENCE_MAX) <= 0;
  }

  /**
   * Has {@code listener} told of all later events, in order, each time after the stretch has taken
   * them up; with no events, of a change of stretch. It runs on the tracker's thread and must not
   * block.
   */
  void addListener(Consumer<List<PaymentEvent>> listener);
}
