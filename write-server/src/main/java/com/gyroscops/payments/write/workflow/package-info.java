/**
 * Workflows, by Temporal: who drives what was accepted to its end, over crashes and outages.
 *
 * <p>What a workflow does is in {@code submission} and {@code settlement}; here is the order, the
 * retries and the time-outs. Workflow code is deterministic: it is replayed from its history on
 * whichever worker goes on with it. Whoever changes what it does, in another order than before,
 * keeps histories that are under way replayable ({@code Workflow.getVersion}); {@code ReplayTest}
 * has some.
 *
 * <p>Histories name what is worked on and never hold it, so that no personal data is kept by the
 * engine.
 */
@NullMarked
package com.gyroscops.payments.write.workflow;

import org.jspecify.annotations.NullMarked;
