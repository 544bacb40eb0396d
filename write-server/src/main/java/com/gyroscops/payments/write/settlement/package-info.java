/**
 * Settlements of invoices: a saga over commands. A workflow processes payment after payment and,
 * once one is rejected, refunds those that were processed, the last first.
 *
 * <p>Every step is a command with a request id that follows from the settlement's and the step, so
 * that a step made twice, by a retry or by a workflow that was started anew, happens once and is
 * answered alike. The settlement's row says how far it is; a step that comes late never moves it
 * back.
 *
 * <p>Invariants, which hold for any number of workflows that work on the same settlement at once,
 * for steps that come late, and for a cancellation at any time:
 *
 * <ul>
 *   <li>A settlement ends once, by a change of its row, and then never changes.
 *   <li>It ends as SETTLED with all its payments processed by it, and otherwise with none that is
 *       still processed by it but those whose refund was rejected.
 *   <li>A cancellation is a change of the row, so it comes before the end or is too late. A step
 *       that finds the row cancelled closes the request id of its command where outcomes are, under
 *       the lock that appends are serial by. Either the command was decided before, and the payment
 *       counts as processed and is refunded; or it never will be, whoever is at it. So from a
 *       cancellation's answer on, no payment is processed that is not refunded.
 * </ul>
 */
@NullMarked
package com.gyroscops.payments.write.settlement;

import org.jspecify.annotations.NullMarked;
