/** The event store in memory: for tests and experiments; nothing survives the process. */
@NullMarked
package com.gyroscops.payments.write.eventstore.memory;

import org.jspecify.annotations.NullMarked;
