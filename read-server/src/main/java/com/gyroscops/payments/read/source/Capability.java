package com.gyroscops.payments.read.source;

/** A kind of question that a source may be able to answer. */
public enum Capability {
  FIND,
  SEARCH,
  AGGREGATE,
  /** Analytics with exact figures. */
  ANALYZE,
  /**
   * Analytics with estimated percentiles. Other figures are exact, or the source says {@link
   * Answer.Inexact}.
   */
  ANALYZE_APPROXIMATELY,
  SUGGEST,
  HISTORY,
  TIMELINE,
  /** An organization's or a payment's events in order of their positions. */
  EVENTS
}
