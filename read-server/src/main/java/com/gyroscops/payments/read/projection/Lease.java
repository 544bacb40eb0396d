package com.gyroscops.payments.read.projection;

import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import java.time.Instant;

/**
 * The right to do what only one replica may do at a time.
 *
 * @param name what it is the right to
 * @param holder replica that has, or last had, it
 * @param fence grows with each change of holder
 * @param expiresAt by the database's clock
 */
@MappedEntity("leases")
public record Lease(@Id String name, String holder, long fence, Instant expiresAt) {}
