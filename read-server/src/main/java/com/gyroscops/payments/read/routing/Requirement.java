package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.internal.v1.ConsistencyToken;
import com.gyroscops.payments.read.source.SourcePosition;

/**
 * What an answer must hold at least.
 *
 * @param logId name of the log
 * @param epoch identity of its history
 * @param position newest event that must be applied
 */
public record Requirement(String logId, String epoch, long position) {

  static Requirement of(LogHead head) {
    return new Requirement(head.logId(), head.epoch(), head.position());
  }

  static Requirement of(ConsistencyToken token) {
    return new Requirement(token.getLogId(), token.getEpoch(), token.getPosition());
  }

  /** Whether data of a source that stands there holds it. */
  public boolean isMetBy(SourcePosition at) {
    return at.isReady() && at.hasApplied(logId, epoch, position);
  }

  /** Whether the log's present history holds it, or will. */
  boolean isOfHistory(LogHead head) {
    return head.holds(logId, epoch, position);
  }
}
