/**
 * Reports as workflows, by Temporal: who drives them to their end, over crashes and outages.
 *
 * <p>What is done is in {@code report}; here is the order, the retries and the time-outs. Workflow
 * code is deterministic: it is replayed from its history on whichever worker goes on with it.
 * Whoever changes what it does keeps histories that are under way replayable ({@code
 * Workflow.getVersion}); {@code ReportWorkflowTest} has some.
 */
@NullMarked
package com.gyroscops.payments.read.report.workflow;

import org.jspecify.annotations.NullMarked;
