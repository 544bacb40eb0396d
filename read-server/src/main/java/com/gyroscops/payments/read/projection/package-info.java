/**
 * Keeps a source in step with the log: one projector a source, by the replica that holds its lease.
 */
@NullMarked
package com.gyroscops.payments.read.projection;

import org.jspecify.annotations.NullMarked;
