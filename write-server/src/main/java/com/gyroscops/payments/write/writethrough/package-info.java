/**
 * WRITE_THROUGH: answers a command once the read sources that it requires have applied its event.
 *
 * <p>{@link com.gyroscops.payments.write.writethrough.WriteRules} say which those are, {@link
 * com.gyroscops.payments.write.writethrough.WriteThroughHandler} waits for them after the command's
 * commit, {@link com.gyroscops.payments.write.writethrough.SourceWaits} holds who waits, and {@link
 * com.gyroscops.payments.write.writethrough.ProgressPoller} looks at how the sources stand.
 *
 * <p>Invariant: APPLIED is answered only if, when the write database was last asked, the newest
 * known keeper of the source had said in its present subscription, within {@link
 * com.gyroscops.payments.write.outbox.SubscriberProgress#SILENCE_MAX} and of the event's own
 * history, or of a later one that holds it, that readers of the source see the log up to the event.
 * A subscription that begins or ends takes back all that was said before it, and a keeper begins a
 * new one whenever it finds its source further back than it was. So what is not known to this side
 * is only a loss that the keeper itself has not noticed: it looks at its source every other second
 * at least.
 */
@NullMarked
package com.gyroscops.payments.write.writethrough;

import org.jspecify.annotations.NullMarked;
