/**
 * The write-server: decides commands, appends events, relays them, keeps the audit journal.
 *
 * <pre>
 *   api ─> workflow (Temporal) ─> settlement, imports ─> submission ─> command
 *    ├─> command ─> payment (the domain)
 *    │        └─> eventstore  &lt;── eventstore.postgres, eventstore.memory
 *    ├─> outbox ─> eventstore &lt;── outbox.postgres
 *    ├─> journal ─> outbox, command &lt;── journal.postgres
 *    └─> through ─> command, outbox
 * </pre>
 *
 * <p>{@code settlement}, {@code imports} and {@code submission} have their stores in {@code
 * postgres} packages, too.
 */
@NullMarked
package com.gyroscops.payments.write;

import org.jspecify.annotations.NullMarked;
