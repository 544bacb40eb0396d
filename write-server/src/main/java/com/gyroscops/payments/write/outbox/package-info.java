/**
 * The outbox relay: hands the event log to whoever keeps read sources.
 *
 * <p>{@link com.gyroscops.payments.write.outbox.OutboxTail} follows the log and keeps its newest
 * events at hand, so that many subscribers cost one read of the database, and this server's own
 * commits cost none. Each subscriber has a {@link com.gyroscops.payments.write.outbox.Subscription}
 * with its own position, pace and thread: a slow or dead one slows nobody else.
 *
 * <p>Invariant: a subscriber is sent every event after the position it asked for, in order, once a
 * stream; one that asked for the log's head, every event after the head of its first batch, which
 * is that of the log after its request came. It rests on the density of positions, which is checked
 * on every event that passes: a gap ends the stream with DATA_LOSS and nothing behind the gap is
 * ever sent.
 */
@NullMarked
package com.gyroscops.payments.write.outbox;

import org.jspecify.annotations.NullMarked;
