/**
 * From a well-formed command to its outcome. {@link
 * com.gyroscops.payments.write.command.CommandBus} shows the middleware every command passes, in
 * order; {@link com.gyroscops.payments.write.command.CommandBatcher} is the one handler behind it,
 * which loads, decides and appends many commands at once.
 *
 * <p>Invariants, each with a test of its name in {@code CommandBatcherTest}: a request id is
 * executed at most once, however often it is sent; commands for one payment are decided in the
 * order in which they were offered; what is answered was committed, and what is rejected was
 * decided on the state that was current when the rejection was stored.
 */
@NullMarked
package com.gyroscops.payments.write.command;

import org.jspecify.annotations.NullMarked;
