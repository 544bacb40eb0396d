package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import io.grpc.Status;

/** Whether what a subscriber has applied is part of the log's history, or of one that was lost. */
final class History {

  private static final String UNSET = "must be unset with at_head";

  private History() {}

  /**
   * Whether the log's present history holds what the epoch that the subscriber knows held at its
   * position, and the event it applied last is there. Whoever has applied nothing agrees with every
   * history.
   *
   * @throws StoreUnavailableException that cannot be told now
   */
  static boolean contains(EventStore store, LogHead head, SubscribeStart start) {
    if (start.getPosition() == 0) {
      return true;
    }
    if (!head.lineage().holds(start.getEpoch(), start.getPosition())
        || start.getPosition() > head.position()) {
      return false;
    }
    return store
        .eventAt(head, start.getPosition())
        .filter(it -> it.getEventId().equals(start.getEventId()))
        .isPresent();
  }

  /** Notes what a subscriber that starts at the head says of a history it cannot know. */
  static void checkUnclaimed(Violations violations, SubscribeStart start) {
    violations
        .require(start.getEpoch().isEmpty(), "start.epoch", UNSET)
        .require(start.getPosition() == 0, "start.position", UNSET)
        .require(start.getEventId().isEmpty(), "start.event_id", UNSET);
  }

  /** What a subscriber of another history is told. */
  static ApiError diverged() {
    return ApiError.of(
        Status.Code.FAILED_PRECONDITION,
        "HISTORY_DIVERGED",
        "what this subscriber has applied is not of this log's history; rebuild from 0");
  }
}
