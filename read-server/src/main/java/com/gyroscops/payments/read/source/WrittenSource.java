package com.gyroscops.payments.read.source;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;
import java.util.Optional;

/** A source whose store is written to by a class of its own. */
public abstract class WrittenSource implements PaymentSource {

  protected final SourceWriter writer;

  protected WrittenSource(SourceWriter writer) {
    this.writer = writer;
  }

  @Override
  public final Optional<SourcePosition> takeOver(long fence) throws SourceUnavailableException {
    return writer.takeOver(fence);
  }

  @Override
  public final Optional<SourcePosition> startOver(long fence) throws SourceUnavailableException {
    return writer.startOver(fence);
  }

  @Override
  public final Optional<SourcePosition> begin(
      long fence, String logId, Lineage lineage, long readyPosition)
      throws SourceUnavailableException {
    return writer.begin(fence, SourcePosition.start(logId, lineage, readyPosition));
  }

  @Override
  public final Optional<SourcePosition> continueIn(
      long fence, SourcePosition at, Lineage lineage, long head) throws SourceUnavailableException {
    return writer.continueIn(fence, at, lineage, head);
  }

  @Override
  public final ApplyOutcome apply(long fence, SourcePosition at, List<PaymentEvent> events)
      throws SourceUnavailableException {
    if (events.isEmpty()) {
      return new ApplyOutcome.Applied(at);
    }
    at.requireFollowedBy(events);
    return writer.apply(fence, at, events);
  }

  @Override
  public final Optional<SourcePosition> retryParked(long fence) throws SourceUnavailableException {
    return writer.retryParked(fence);
  }
}
