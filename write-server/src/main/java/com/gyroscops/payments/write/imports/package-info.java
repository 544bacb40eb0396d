/**
 * Commands in bulk, executed behind. An import is uploaded in chunks, which are rows of the write
 * database; a workflow executes chunk after chunk, each as often as it takes.
 *
 * <p>Invariants, which hold for any number of workflows that work on the same import at once, and
 * for steps that come late:
 *
 * <ul>
 *   <li>A chunk's result is stored once, when every row of it has an outcome that stays, or is
 *       reported as not stored: a later execution of a row that has one, by a step that comes late,
 *       is a repetition of its request id and changes nothing. An outcome that the event store does
 *       not keep by itself, such as a version that does not fit, is stored for the request before
 *       the payment's next row.
 *   <li>A fault of the store is never a row's outcome. One that is known to pass leaves the chunk,
 *       to be executed again; an unknown one is tried again a few times, and then the row is
 *       reported as not stored, with all that follow it in its payment, in this chunk and later
 *       ones. Of these rows nothing is stored, so they can be imported again.
 *   <li>A row is executed after the rows of the same payment above it: in a chunk they follow one
 *       another, and the next chunk is taken up when the one before has its result.
 *   <li>An import ends by the last chunk's result or by a cancellation, whichever is stored first.
 * </ul>
 */
@NullMarked
package com.gyroscops.payments.write.imports;

import org.jspecify.annotations.NullMarked;
