/**
 * Payments in Redis: those that changed lately, for look-ups. Absent means unknown.
 *
 * <p>One Redis node holds a checkpoint, which never expires, and a document for each payment, which
 * does. Every change swaps the checkpoint for another by one script, which writes the documents in
 * the same step, and does nothing if the checkpoint is not the one expected. The checkpoint names a
 * generation, at random; documents are stored under its name. Who finds no checkpoint, because it
 * was never there or was lost, makes one of a new generation, so that documents of an older one can
 * no longer be found.
 */
@NullMarked
package com.gyroscops.payments.read.source.redis;

import org.jspecify.annotations.NullMarked;
