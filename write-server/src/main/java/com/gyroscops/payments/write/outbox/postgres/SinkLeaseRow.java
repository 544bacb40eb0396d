package com.gyroscops.payments.write.outbox.postgres;

import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import java.time.Instant;

/**
 * A row of {@code sink_leases}.
 *
 * @param name of the sink
 * @param holder write-server that has, or last had, it
 * @param fence grows with each taking
 * @param expiresAt by the database's clock
 * @param position up to which the sink is durable
 */
@MappedEntity("sink_leases")
record SinkLeaseRow(@Id String name, String holder, long fence, Instant expiresAt, long position) {}
