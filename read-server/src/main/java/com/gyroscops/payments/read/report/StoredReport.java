package com.gyroscops.payments.read.report;

import com.gyroscops.payments.v1.Report;
import java.util.UUID;

/**
 * A report as its row has it.
 *
 * @param report as callers see it
 * @param attempt number of the newest attempt to write it; 0: there was none
 * @param chunks number of chunks that are counted
 * @param place up to where they have it
 */
public record StoredReport(
    UUID id, Report report, int attempt, Holder holder, int chunks, Place place) {}
