/**
 * The SQL read source: payments, their events and rollups in a PostgreSQL database of its own.
 *
 * <p>Complete: what is absent here does not exist as of the position answered. Every answer is one
 * statement, hence one snapshot, which reads the checkpoint together with the data.
 *
 * <p>Searches for which an index holds both filter and order, always within one organization:
 *
 * <ul>
 *   <li>no filter or a span of effective times, by effective time
 *   <li>one status, by effective time
 *   <li>a user, by effective time
 *   <li>no filter or a span of update times, by update time
 *   <li>one currency, with or without a span of amounts, by amount
 * </ul>
 *
 * <p>Searches by merchant reference, provider reference or correlation id find their payments by an
 * index and sort them. All other filters, metadata among them, are tested on what those indexes
 * deliver: in combination with a user or a span of time they stay cheap, alone they read the
 * organization's payments in order until a page is full.
 *
 * <p>Searches by text find their payments by an index over words and organization together, and
 * sort them. Completions of descriptions go by the same index, those of users and references by
 * theirs. Analytics read the payments that match. That index (GIN) takes new words from a list of
 * pending ones, which an upkeep works off several times a second: taken in one by one, as they
 * came, they were two fifths of all time that writing takes.
 *
 * <p>Statistics read rollups, one row for each quarter of an hour, currency and status; where a
 * span does not start or end on a quarter of an hour, the rest is read from payments and events,
 * exactly.
 *
 * <p>A run of events is written in one round trip: the statements go to the database together, from
 * the one that moves the checkpoint, or fails them all, to the commit. Runs are often a few events,
 * and in each round trip both sides wait for their turn on a busy machine.
 */
@NullMarked
package com.gyroscops.payments.read.source.sql;

import org.jspecify.annotations.NullMarked;
