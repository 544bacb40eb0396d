package com.gyroscops.payments.write.eventstore;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A log of events, the versions of the payments they make up, and the outcomes of the requests that
 * caused them; all three change together or not at all.
 *
 * <p>Positions are dense: 1, 2, 3, ... in the order of commits, so that {@code count =
 * max(position)} is the whole audit of the log and a reader at position n has seen exactly n
 * events. A position becomes visible only with all smaller ones.
 *
 * <p>All methods block, and may be called from several threads. They throw {@link
 * StoreUnavailableException} when the store does not answer: after {@link #append} it is then
 * unknown whether anything was stored.
 */
public interface EventStore {

  /** For {@link #append}: of whichever history. */
  String ANY_EPOCH = "";

  /** Identity and end of the log. */
  LogHead head();

  /**
   * The newest event of each of these payments, which carries its state. Reads what is committed;
   * {@link #append} tells whether it still holds.
   */
  Newest newest(Collection<PaymentKey> keys);

  /**
   * Newest events of payments.
   *
   * @param head of the log, in the same snapshot
   * @param events payments that do not exist are absent
   */
  record Newest(LogHead head, Map<PaymentKey, PaymentEvent> events) {}

  /**
   * Appends what was decided, chain by chain: each chain as a whole or not at all, all stored
   * chains in one commit.
   *
   * <p>A chain is stored if none of its entries' requests is known and its payment is still at the
   * base version; the answers to the others say which it was. Nothing of a chain that is not stored
   * stays behind: no event, no request, no rejection.
   *
   * @param epoch of the history that the chains were decided on; {@link #ANY_EPOCH} if on none, as
   *     creations are. After a failover that lost commits a payment may be at the same version and
   *     yet be another: if the log's history is a later one, nothing is stored, and all answers are
   *     {@link ChainAnswer.OtherHistory}
   * @param chains each of another payment, at least one; the requests among them each once
   * @throws AppendRefusedException if the store refuses the batch for a reason of its own; nothing
   *     of it was stored
   */
  Appended append(String epoch, List<Chain> chains);

  /**
   * Events after a position, in order, without gaps as far as it knows: the caller checks.
   *
   * @param countMax at most this many
   * @param bytesMax stops after the event that reaches this many bytes
   */
  EventSlice read(long after, int countMax, int bytesMax);

  /**
   * The event at a position.
   *
   * @param head of the log, as it was read before
   * @param position from 1
   * @return empty if the log ends before it
   * @throws StoreUnavailableException also if the log's history is no longer the head's
   */
  default Optional<PaymentEvent> eventAt(LogHead head, long position) {
    EventSlice slice = read(position - 1, 1, 1);
    if (!slice.epoch().equals(head.epoch())) {
      throw new StoreUnavailableException("the log's history has changed meanwhile");
    }
    return slice.events().stream().findFirst().filter(it -> it.getPosition() == position);
  }

  /**
   * What became of a batch.
   *
   * @param epoch of the log when it was appended
   * @param answers one for each chain, in their order
   */
  record Appended(String logId, String epoch, List<ChainAnswer> answers) {}

  /**
   * What became of a request; empty: nothing is stored of it. What it tells is as durable as if the
   * request had just been appended.
   */
  Optional<KnownRequest> request(UUID requestKey);

  /** Which of these requests something is stored of. */
  Set<UUID> decided(Collection<UUID> requestKeys);

  /**
   * Stores an outcome of a request that has none, so that it can never be accepted: serial with
   * {@link #append}, and whichever comes first stands.
   *
   * @param requestHash digest of the command that used the request's id
   * @return what was stored before, if anything was; nothing is stored then
   */
  Optional<KnownRequest> close(UUID requestKey, UUID requestHash, CommandError outcome);
}
