package com.gyroscops.payments.read.source;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadSource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A store of payments that the feed keeps in step: what it can answer, where it stands, and how
 * events get in.
 *
 * <p>Reading: any number of threads; each call blocks until it is answered, or {@link
 * io.grpc.Context#current()} is cancelled or past its deadline. Data and position of an answer are
 * of one snapshot. Questions for which a source has no {@link Capability} must not be put to it.
 *
 * <p>Projecting: one thread. Each call carries the caller's fence, which grows with every change of
 * projector; a call under an older fence than the newest seen changes nothing. Every change is
 * atomic with the source's position, and is not repeated by giving the same events again.
 */
public interface PaymentSource {

  /** The source's name in the contract. */
  ReadSource id();

  /** What may be asked now. May change while the source runs. */
  Set<Capability> capabilities();

  /**
   * Those of the payments that exist, deleted ones included, in any order. A source that holds some
   * payments only answers {@link Answer.NotHeld} unless it holds all of them.
   */
  default Answer<List<Payment>> find(String organizationId, List<String> paymentIds) {
    throw new IncapableException(this, Capability.FIND);
  }

  /** One page of the payments that match. */
  default Answer<SearchPage> search(PaymentSearch search) {
    throw new IncapableException(this, Capability.SEARCH);
  }

  /** Counts and sums. */
  default Answer<Totals> aggregate(TotalsSpan span) {
    throw new IncapableException(this, Capability.AGGREGATE);
  }

  /** Figures in groups; exact or not according to the capability. */
  default Answer<Groups> analyze(Analysis analysis) {
    throw new IncapableException(this, Capability.ANALYZE);
  }

  /** Values that complete a beginning. */
  default Answer<Completion.Values> suggest(Completion completion) {
    throw new IncapableException(this, Capability.SUGGEST);
  }

  /**
   * Up to {@code limit} events of one payment with versions above {@code afterVersion}, in order.
   */
  default Answer<List<PaymentEvent>> history(
      String organizationId, String paymentId, long afterVersion, int limit) {
    throw new IncapableException(this, Capability.HISTORY);
  }

  /**
   * Up to {@code limit} events of one organization's payments that share a correlation id, at
   * positions above {@code afterPosition}, in order.
   */
  default Answer<List<PaymentEvent>> timeline(
      String organizationId, String correlationId, long afterPosition, int limit) {
    throw new IncapableException(this, Capability.TIMELINE);
  }

  /**
   * Up to {@code limit} events of one organization, or of one of its payments, at positions above
   * {@code afterPosition}, in order.
   */
  default Answer<List<PaymentEvent>> events(
      String organizationId, Optional<String> paymentId, long afterPosition, int limit) {
    throw new IncapableException(this, Capability.EVENTS);
  }

  /** Where the source stands now, asked of the store itself. Blocks for at most a few seconds. */
  SourcePosition position() throws SourceUnavailableException;

  /**
   * Makes {@code fence} the newest and tells where the source stands. Empty: a newer one is there
   * already.
   */
  Optional<SourcePosition> takeOver(long fence) throws SourceUnavailableException;

  /** Empties the source, which then belongs to no log and answers nothing. Empty: fenced out. */
  Optional<SourcePosition> startOver(long fence) throws SourceUnavailableException;

  /**
   * Ties a source that belongs to no log to one. It answers nothing until it stands at {@code
   * readyPosition}. Empty: fenced out, or tied already.
   */
  Optional<SourcePosition> begin(long fence, String logId, Lineage lineage, long readyPosition)
      throws SourceUnavailableException;

  /**
   * Moves the source on into a later history of its log, one that holds all that it has applied:
   * nothing changes but what its position is said to be of. Empty: fenced out, or it does not stand
   * at {@code at} any more.
   *
   * @param head of the later history; a source that is being filled need not get further
   */
  Optional<SourcePosition> continueIn(long fence, SourcePosition at, Lineage lineage, long head)
      throws SourceUnavailableException;

  /**
   * Whether a source that belongs to no log may begin at the log's head, for it need not hold what
   * came before, of which it says {@link Answer.NotHeld}.
   */
  default boolean startsAtHead() {
    return false;
  }

  /**
   * Ties a source that {@link #startsAtHead} and belongs to no log to one, standing at its head.
   * Empty: fenced out, or tied already.
   *
   * @param headEventId id of the event there; empty at 0
   */
  default Optional<SourcePosition> beginAtHead(
      long fence, String logId, Lineage lineage, long head, String headEventId)
      throws SourceUnavailableException {
    throw new UnsupportedOperationException(id() + " does not start at the head");
  }

  /**
   * Applies the events that follow {@code at}, without gaps in their positions. Events that the
   * model refuses, such as one that skips a version of its payment, are parked with all later ones
   * of that payment; the rest is applied.
   *
   * @throws SourceUnavailableException whether they were applied is unknown; {@link #takeOver}
   *     tells
   */
  ApplyOutcome apply(long fence, SourcePosition at, List<PaymentEvent> events)
      throws SourceUnavailableException;

  /**
   * How long events are gathered before the next run, at most a second. It adds that much to the
   * lag at most, and nothing where no run was begun for so long: more for a source to which a run
   * costs much however small it is.
   */
  default Duration runEvery() {
    return Duration.ofMillis(5);
  }

  /**
   * Applies parked events that have become applicable.
   *
   * @return where the source stands now; empty: fenced out
   */
  Optional<SourcePosition> retryParked(long fence) throws SourceUnavailableException;

  /**
   * Tidies the source up while queries go on; blocks until that is done. Empty: there is nothing to
   * tidy in a source of this kind.
   */
  default Optional<Tidied> optimize() throws SourceUnavailableException {
    return Optional.empty();
  }

  /** Segments of an index before and after it was tidied up. */
  record Tidied(int segmentsBefore, int segmentsAfter) {}
}
