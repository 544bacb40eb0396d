/**
 * The write-server: decides commands, appends events, relays them.
 *
 * <pre>
 *   api ─> command ─> payment (the domain)
 *    │        └─> eventstore  &lt;── eventstore.postgres, eventstore.memory
 *    ├─> outbox ─> eventstore &lt;── outbox.postgres
 *    └─> through ─> command, outbox
 * </pre>
 */
@NullMarked
package com.gyroscops.payments.write;

import org.jspecify.annotations.NullMarked;
