package com.gyroscops.payments.write.api;

import com.gyroscops.payments.write.journal.JournalRules;
import io.micronaut.context.annotation.ConfigurationProperties;
import java.nio.file.Path;
import java.util.Optional;

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
   * The journal's rules; empty: this server keeps none.
   *
   * @throws IllegalArgumentException if they make no sense
   */
  Optional<JournalRules> rules() {
    if (folder.isBlank()) {
      if (required) {
        throw new IllegalArgumentException("JOURNAL_REQUIRED needs a JOURNAL_FOLDER");
      }
      return Optional.empty();
    }
    return Optional.of(
        new JournalRules(Path.of(folder).toAbsolutePath(), segmentBytes, behindEventsMax));
  }
}
