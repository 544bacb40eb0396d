package com.gyroscops.payments.write.eventstore;

import com.gyroscops.payments.contract.Lineage;

/**
 * End of the log.
 *
 * @param logId name of the log
 * @param lineage its present history, and those that it came from
 * @param position of the newest event; 0 if there is none
 */
public record LogHead(String logId, Lineage lineage, long position) {

  /** Identity of the present history. */
  public String epoch() {
    return lineage.epoch();
  }
}
