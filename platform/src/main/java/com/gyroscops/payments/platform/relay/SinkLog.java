package com.gyroscops.payments.platform.relay;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.Optional;

/** The log as a sink compares itself with it. */
public interface SinkLog {

  /**
   * The log as it is now, which must hold all that the sink has applied: then it goes on without
   * loss, whether in the same history or in a later one. Blocks.
   *
   * @param at the sink's checkpoint, found before; empty: it has applied nothing, and agrees with
   *     every log
   * @throws HistoryDivergedException the sink is of another log, or holds what this one has lost
   */
  Present holding(Optional<Sink.Checkpoint> at) throws HistoryDivergedException;

  /**
   * The log's present history.
   *
   * @param last the event at the checkpoint; empty where there is no checkpoint
   */
  record Present(String logId, Lineage lineage, Optional<PaymentEvent> last) {}
}
