/**
 * The format of the audit journal, for who writes it and who verifies it: docs/0007-journal.md
 * tells why it is as it is.
 *
 * <p>A journal is a folder of segments, files named by the first position they may hold. The first
 * line of a segment is its {@link com.gyroscops.payments.platform.journal.SegmentHeader}; each
 * other line is one event, in order of positions, from 1 on and without gaps. A line is JSON, in
 * one form alone, and ends with a line feed:
 *
 * <pre>
 *   {"format":2,"log_id":L,"origin":E,"epoch":E,"first_position":N,"prev":H,"hash":H}
 *   {"position":N,"prev":H,"event":EVENT,"hash":H}
 * </pre>
 *
 * <ul>
 *   <li>{@code origin} is the epoch of the log's oldest history, {@code epoch} that of a history
 *       which holds all of the segment's events. Where a log goes on in another history, the next
 *       segment names that, and continues the chain.
 *   <li>EVENT is {@link com.gyroscops.payments.platform.journal.CanonicalJson}; it has an event_id.
 *   <li>{@code hash} is the SHA-256, in lower-case hexadecimal, of the line's bytes up to and
 *       without {@code ,"hash":}.
 *   <li>{@code prev} of an event is the hash of the event before it, whichever segment that is in;
 *       of a header, the hash of the last event of the segment before. Of the first event and the
 *       first header it is the SHA-256 of {@code {"format":1,"log_id":L,"epoch":ORIGIN}}.
 *   <li>A header of format 1 has no origin: its epoch is that, too. Such segments are read, and
 *       continued; new ones have format 2.
 * </ul>
 *
 * <p>So the hash at a position follows from the log's name, its origin and its events up to there
 * and from nothing else: not from who wrote the journal, when, in which format, under which epoch,
 * or in segments of which size. Two journals of one log can be compared by one hash.
 */
@NullMarked
package com.gyroscops.payments.platform.journal;

import org.jspecify.annotations.NullMarked;
