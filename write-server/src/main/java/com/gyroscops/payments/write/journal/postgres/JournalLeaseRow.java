package com.gyroscops.payments.write.journal.postgres;

import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import java.time.Instant;

/**
 * The row of {@code journal_lease}.
 *
 * @param holder write-server that has, or last had, it
 * @param fence grows with each taking
 * @param expiresAt by the database's clock
 * @param position up to which the journal is on disk
 */
@MappedEntity("journal_lease")
record JournalLeaseRow(
    @Id String name, String holder, long fence, Instant expiresAt, long position) {}
