package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.platform.relay.HistoryDivergedException;
import com.gyroscops.payments.platform.relay.Sink.Checkpoint;
import com.gyroscops.payments.platform.relay.SinkLog;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.util.Optional;

/**
 * The event store as a sink compares itself with it.
 *
 * @param sink its name, for messages
 */
public record StoreLog(String sink, EventStore store) implements SinkLog {

  /**
   * {@inheritDoc}
   *
   * @throws StoreUnavailableException also if the log's history changes meanwhile
   */
  @Override
  public Present holding(Optional<Checkpoint> at) throws HistoryDivergedException {
    LogHead head = store.head();
    Optional<PaymentEvent> last = Optional.empty();
    if (at.isPresent()) {
      last = store.eventAt(head, require(at.get(), head).position());
      requireEvent(at.get(), last);
    }
    return new Present(head.logId(), head.lineage(), last);
  }

  private Checkpoint require(Checkpoint at, LogHead head) throws HistoryDivergedException {
    Lineage lineage = head.lineage();
    if (!at.logId().equals(head.logId()) || !at.origin().equals(lineage.origin())) {
      throw new HistoryDivergedException(
          "the %s is of log %s, origin %s, but the log is %s, origin %s"
              .formatted(sink, at.logId(), at.origin(), head.logId(), lineage.origin()));
    }
    if (!lineage.holds(at.epoch(), at.position())) {
      throw new HistoryDivergedException(
          "the %s is at position %d of epoch %s, %s, epoch %s: it has lost events"
              .formatted(
                  sink,
                  at.position(),
                  at.epoch(),
                  lineage.ancestors().stream()
                      .filter(it -> it.epoch().equals(at.epoch()))
                      .findFirst()
                      .map(it -> "of which %d are in the log".formatted(it.sharedPosition()))
                      .orElse("which is none that the log came from"),
                  lineage.epoch()));
    }
    if (at.position() > head.position()) {
      throw new HistoryDivergedException(
          "the %s is at position %d, but the log ends at %d: it has lost events"
              .formatted(sink, at.position(), head.position()));
    }
    return at;
  }

  private void requireEvent(Checkpoint at, Optional<PaymentEvent> there)
      throws HistoryDivergedException {
    String id = there.map(PaymentEvent::getEventId).orElse("none");
    if (!id.equals(at.eventId())) {
      throw new HistoryDivergedException(
          "at position %d the %s has event %s, the log %s"
              .formatted(at.position(), sink, at.eventId(), id));
    }
  }
}
