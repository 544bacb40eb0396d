/**
 * The write-server: decides commands, appends events, relays them, keeps the audit journal.
 *
 * <pre>
 *   api ─> command ─> payment (the domain)
 *    │        └─> eventstore  &lt;── eventstore.postgres, eventstore.memory
 *    ├─> outbox ─> eventstore &lt;── outbox.postgres
 *    └─> journal ─> outbox, command &lt;── journal.postgres
 * </pre>
 */
@NullMarked
package com.gyroscops.payments.write;

import org.jspecify.annotations.NullMarked;
