package com.gyroscops.payments.read.source;

/** A kind of question that a source may be able to answer. */
public enum Capability {
  FIND,
  SEARCH,
  AGGREGATE,
  HISTORY,
  TIMELINE
}
