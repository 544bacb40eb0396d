package com.gyroscops.payments.cli.imports;

import java.time.Duration;

/**
 * Limits of an import.
 *
 * @param inFlightMax commands of one stream that are sent and not answered
 * @param heldMax rows that are read and not done with, in all
 * @param giveUpAfter longest time without any row done
 * @param answerMax longest silence of a stream with commands in flight, after which another is
 *     tried
 * @param backoffMin wait before the first repetition; doubles
 * @param backoffMax longest wait before a repetition
 */
public record ImportSettings(
    int inFlightMax,
    int heldMax,
    Duration giveUpAfter,
    Duration answerMax,
    Duration backoffMin,
    Duration backoffMax) {

  /** The limits used unless a caller has reasons. */
  public static ImportSettings defaults(Duration giveUpAfter) {
    return new ImportSettings(
        2_048,
        16_384,
        giveUpAfter,
        Duration.ofSeconds(15),
        Duration.ofMillis(50),
        Duration.ofSeconds(2));
  }
}
