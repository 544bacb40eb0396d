/**
 * The write-server as a process: its wiring, settings, lifecycle, health and maintenance.
 *
 * <p>Folders know each other in one direction:
 *
 * <pre>
 *   app
 *    └─> api ─> workflow (Temporal) ─> settlement, imports ─> submission ─> command
 *         ├─> writethrough ─> command, outbox
 *         ├─> command ─> payment (the domain)
 *         │        └─> eventstore  &lt;── eventstore.postgres, eventstore.memory
 *         └─> outbox ─> eventstore &lt;── outbox.postgres
 *    └─> journal ─> outbox, command
 * </pre>
 *
 * <p>{@code settlement}, {@code imports} and {@code submission} have their stores in {@code
 * postgres} packages, too.
 */
@NullMarked
package com.gyroscops.payments.write.app;

import org.jspecify.annotations.NullMarked;
