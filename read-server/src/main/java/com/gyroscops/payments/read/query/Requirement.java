package com.gyroscops.payments.read.query;

import com.gyroscops.payments.read.feed.LogHead;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.v1.ConsistencyToken;

/**
 * What an answer must hold at least.
 *
 * @param logId name of the log
 * @param epoch identity of its history
 * @param position newest event that must be applied
 */
record Requirement(String logId, String epoch, long position) {

  static Requirement of(LogHead head) {
    return new Requirement(head.logId(), head.epoch(), head.position());
  }

  static Requirement of(ConsistencyToken token) {
    return new Requirement(token.getLogId(), token.getEpoch(), token.getPosition());
  }

  boolean isMetBy(SourcePosition at) {
    return at.isReady() && at.isIn(logId, epoch) && at.position() >= position;
  }

  boolean isMetBy(String otherLogId, String otherEpoch, long otherPosition) {
    return logId.equals(otherLogId) && epoch.equals(otherEpoch) && otherPosition >= position;
  }

  boolean isOfHistory(LogHead head) {
    return logId.equals(head.logId()) && epoch.equals(head.epoch());
  }
}
