package com.gyroscops.payments.write.app;

import io.micronaut.context.annotation.ConfigurationProperties;

/**
 * What an installation may choose of the audit journal, under {@code payments.journal} in the
 * configuration.
 *
 * @param folder where it is kept; empty: nowhere
 * @param segmentBytes size at which a segment ends
 * @param required whether commands are refused while it is too far behind
 * @param behindEventsMax by how many events that is
 */
@ConfigurationProperties("payments.journal")
record JournalSettings(String folder, long segmentBytes, boolean required, long behindEventsMax) {

  /**
   * Whether this server keeps one.
   *
   * @throws IllegalArgumentException if it must and has no folder
   */
  boolean isKept() {
    if (folder.isBlank() && required) {
      throw new IllegalArgumentException("JOURNAL_REQUIRED needs a JOURNAL_FOLDER");
    }
    return !folder.isBlank();
  }
}
