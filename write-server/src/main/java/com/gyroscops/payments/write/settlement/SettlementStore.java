package com.gyroscops.payments.write.settlement;

import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * Where settlements are kept. All methods block, may be called from several threads and servers,
 * and throw {@link StoreUnavailableException} when the store does not answer.
 */
public interface SettlementStore {

  /**
   * Keeps a settlement, durably, unless there is one of its request. Sets its times.
   *
   * @param startWithin after this long {@link #due} names it
   * @return the one that is kept now: this one or the earlier
   */
  Settlement keep(Settlement settlement, Duration startWithin);

  /** The settlement of a request. */
  Optional<Settlement> find(UUID requestKey);

  /**
   * Settlements of an organization, newest first.
   *
   * @param states numbers of the states that they are to be in
   * @param after where to begin
   */
  List<Listed<Settlement>> list(
      String organizationId, List<Integer> states, PageKey after, int max);

  /**
   * Changes a settlement; changes of one settlement happen one after the other. What has ended
   * stays as it is.
   *
   * @return as it is now; empty if there is none
   */
  Optional<Settlement> change(UUID requestKey, UnaryOperator<Settlement> change);

  /**
   * Settlements whose workflow may need to be started, the longest waiting first. They are due
   * again after {@code again}; several servers that ask get different ones.
   */
  List<Settlement> due(int max, Duration again);

  /** How many have not ended; counts no further than {@code countMax}. */
  int open(int countMax);

  /** Removes settlements that ended longer ago than that; how many they were. */
  int removeEnded(Duration before);
}
