/**
 * Reports: files that are written in the background and downloaded afterwards.
 *
 * <p>A report is a row of the read database; starting it is that row's commit. A workflow is
 * started from the row ({@link com.gyroscops.payments.read.report.ReportStarter}) and, should it be
 * lost, again by {@link com.gyroscops.payments.read.report.Reports#sweep}: the workflow engine is
 * who drives a report, never who knows of it. {@link
 * com.gyroscops.payments.read.report.ReportExecutor} is what the workflow calls: an <i>attempt</i>.
 *
 * <p>A report's file is a sequence of chunks, each a file of the report folder and a row. Together
 * with the chunk's row the report's row notes up to where everything was read, so the next attempt
 * goes on there.
 *
 * <p>Invariants, whatever crashes, stands still and wakes, or runs twice:
 *
 * <ul>
 *   <li>The chunks that have rows are whole and on disk, follow each other, and hold exactly what
 *       was read up to the place that the report's row names. For a chunk's file is written and
 *       synced first; its row and the new place are then committed in one transaction, and only if
 *       the attempt that wrote it is the newest one.
 *   <li>No two attempts ever write the same file: the attempt's number, which grows with every
 *       {@link com.gyroscops.payments.read.report.ReportStore#take}, is part of the file's name,
 *       and a file is created or the attempt fails. So an attempt that was replaced without
 *       noticing can neither change what its successor wrote nor have anything counted of what it
 *       writes itself.
 *   <li>A file that a row counts is never written again, and removed only once its report has no
 *       row, has ended otherwise than by success, or was begun anew in another folder. Others are
 *       removed by an attempt later than that which wrote them; never by an earlier one.
 *   <li>A report's time runs from its first attempt, by the store's clock: nothing is given up for
 *       having waited to be taken up.
 *   <li>A report ends once. Success, failure and cancellation compete for its row; whichever is
 *       stored first stands, and every attempt still under way is refused from then on.
 * </ul>
 */
@NullMarked
package com.gyroscops.payments.read.report;

import org.jspecify.annotations.NullMarked;
