package com.gyroscops.payments.read.source;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;
import java.util.Optional;

/** How a store takes events in: the projecting half of a {@link PaymentSource}, by its rules. */
public interface SourceWriter {

  Optional<SourcePosition> takeOver(long fence) throws SourceUnavailableException;

  Optional<SourcePosition> startOver(long fence) throws SourceUnavailableException;

  /** Ties a store that belongs to no log to one, standing there. Empty: fenced out, or tied. */
  Optional<SourcePosition> begin(long fence, SourcePosition start)
      throws SourceUnavailableException;

  Optional<SourcePosition> continueIn(long fence, SourcePosition at, Lineage lineage, long head)
      throws SourceUnavailableException;

  /** Applies events, one at least, that follow {@code at} without gaps. */
  ApplyOutcome apply(long fence, SourcePosition at, List<PaymentEvent> events)
      throws SourceUnavailableException;

  Optional<SourcePosition> retryParked(long fence) throws SourceUnavailableException;
}
