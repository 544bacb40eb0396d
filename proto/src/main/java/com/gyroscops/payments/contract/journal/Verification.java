package com.gyroscops.payments.contract.journal;

import org.jspecify.annotations.Nullable;

/**
 * What a journal was found to be.
 *
 * @param segments how many files it has
 * @param bytes how many were read
 * @param logId empty if not even the first header could be read, as of an empty journal
 * @param epoch likewise
 * @param lastPosition up to which it holds: before the fault, if there is one; 0: nothing
 * @param lastHash of the entry there; noted elsewhere, it proves later that nothing up to there was
 *     replaced
 * @param fault the first thing that is wrong; null: nothing
 */
public record Verification(
    int segments,
    long bytes,
    String logId,
    String epoch,
    long lastPosition,
    String lastHash,
    @Nullable Fault fault) {}
