/**
 * The event store in PostgreSQL. The append is one round trip to the SQL function {@code
 * append_batch}; see {@code db/migration} for tables and functions, each with its reason.
 */
@NullMarked
package com.gyroscops.payments.write.eventstore.postgres;

import org.jspecify.annotations.NullMarked;
