package com.gyroscops.payments.write.eventstore;

import java.util.Map;

/** What became of a chain. */
public sealed interface ChainAnswer {

  /**
   * It is stored.
   *
   * @param firstPosition position of its first event, the others following without gaps; with no
   *     event in the chain, the position of the log's newest event
   */
  record Stored(long firstPosition) implements ChainAnswer {}

  /** Nothing is stored: the payment is at another version than the chain was decided on. */
  record Conflict(long actualVersion) implements ChainAnswer {}

  /**
   * Nothing is stored, of any chain: the log's history is another than they were decided on, so
   * what they were decided on may be lost.
   */
  record OtherHistory() implements ChainAnswer {}

  /**
   * Nothing is stored: some of its requests were decided before. Comes before {@link Conflict}
   * where both hold.
   *
   * @param requests by index of the entry; not empty
   */
  record Known(Map<Integer, KnownRequest> requests) implements ChainAnswer {}
}
