/**
 * The audit journal: the event log once more, as files that prove by themselves that nobody changed
 * them. {@code platform.journal} says what is in them; docs/0007-journal.md, why.
 *
 * <p>{@link com.gyroscops.payments.write.journal.Journal} is a sink, which a {@link
 * com.gyroscops.payments.write.outbox.SinkRunner} has follow the log in one write-server at a time:
 * whoever has the lease and, so that one that was paused and wakes can never write beside its
 * successor, the operating system's lock on the folder.
 *
 * <p>Invariants: what stands in the journal was committed to the log before; its positions are
 * dense from 1 on; a folder holds the events of one line of histories, each of which goes on where
 * the one before was left, and nothing is appended behind lines that were lost. The journal's
 * position is known to others only once everything up to there is on disk.
 */
@NullMarked
package com.gyroscops.payments.write.journal;

import org.jspecify.annotations.NullMarked;
