package com.gyroscops.payments.read.source;

/** A kind of question that a source may be able to answer. */
public enum Capability {
  FIND,
  SEARCH,
  AGGREGATE,
  /** Analytics with exact figures. */
  ANALYZE,
  /** Analytics with sums in floating point and estimated percentiles. */
  ANALYZE_APPROXIMATELY,
  SUGGEST,
  HISTORY,
  TIMELINE,
  /** An organization's or a payment's events in order of their positions. */
  EVENTS
}
