/**
 * The port to the event log, which is the outbox as well: there is no second copy of an event to
 * keep in step. Adapters are leaf folders; {@code EventStoreContract} among the tests is what they
 * keep.
 */
@NullMarked
package com.gyroscops.payments.write.eventstore;

import org.jspecify.annotations.NullMarked;
