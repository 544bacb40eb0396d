/**
 * Settlements of invoices: a saga over commands. A workflow processes payment after payment and,
 * once one is rejected, refunds those that were processed, the last first.
 *
 * <p>Every step is a command with a request id that follows from the settlement's and the step, so
 * that a step made twice, by a retry or by a workflow that was started anew, happens once and is
 * answered alike. The settlement's row says how far it is; a step that comes late never moves it
 * back.
 */
@NullMarked
package com.gyroscops.payments.write.settlement;

import org.jspecify.annotations.NullMarked;
