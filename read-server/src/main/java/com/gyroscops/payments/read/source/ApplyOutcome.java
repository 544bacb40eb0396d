package com.gyroscops.payments.read.source;

/** What became of a run of events given to a source. */
public sealed interface ApplyOutcome {

  /**
   * All of them are in the source, or parked; data and checkpoint in one step.
   *
   * @param at where the source stands now
   */
  record Applied(SourcePosition at) implements ApplyOutcome {}

  /** Nothing was changed: another projector has taken over, or the source stands elsewhere. */
  record FencedOut() implements ApplyOutcome {}

  /** Nothing was changed: more events would have to be parked than may be. */
  record ParkingFull(long parkedMax) implements ApplyOutcome {}
}
