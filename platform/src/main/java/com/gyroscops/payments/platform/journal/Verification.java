package com.gyroscops.payments.platform.journal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a journal was found to be.
 *
 * @param segments how many files it has
 * @param bytes how many were read
 * @param logId empty if not even the first header could be read, as of an empty journal
 * @param origin epoch of the log's oldest history; empty likewise
 * @param histories that segments name, in order; none likewise
 * @param lastPosition up to which it holds: before the fault, if there is one; 0: nothing
 * @param lastHash of the entry there; noted elsewhere, it proves later that nothing up to there was
 *     replaced
 * @param fault the first thing that is wrong; null: nothing
 */
public record Verification(
    int segments,
    long bytes,
    String logId,
    String origin,
    List<History> histories,
    long lastPosition,
    String lastHash,
    @Nullable Fault fault) {

  /**
   * A history that segments name. It need not have begun there: a journal that is begun after a
   * failover names the history of that day from position 1 on.
   *
   * @param firstPosition of the first segment that names it
   */
  public record History(String epoch, long firstPosition) {

    boolean is(String other) {
      return epoch.equals(other);
    }
  }

  /** Epoch of the newest history; empty if there is none. */
  public String epoch() {
    return histories.isEmpty() ? "" : histories.getLast().epoch();
  }
}
