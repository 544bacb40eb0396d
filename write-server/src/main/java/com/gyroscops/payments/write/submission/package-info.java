/**
 * Commands that are accepted now and executed later, whatever happens in between.
 *
 * <p>A submission is a row of the write database, and its acceptance is that row's commit. A
 * workflow is started from the row ({@link
 * com.gyroscops.payments.write.submission.WorkflowStarter}) and, should it be lost, again by the
 * {@link com.gyroscops.payments.write.submission.WorkflowLauncher}: the workflow engine is who
 * drives a submission, never who knows of it. {@link
 * com.gyroscops.payments.write.submission.SubmissionExecutor} is what the workflow calls.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>A submission has exactly one outcome, and it is that of its request id in the event store:
 *       executed, rejected, cancelled and given up all compete for it under the lock that appends
 *       are serial by, and whichever is stored first stands. So an execution that comes late, from
 *       a server that was paused or a workflow that was started twice, can do nothing.
 *   <li>A row is removed only once its outcome is stored. So what was accepted is executed, or ends
 *       otherwise and says so; it is never forgotten.
 * </ul>
 */
@NullMarked
package com.gyroscops.payments.write.submission;

import org.jspecify.annotations.NullMarked;
