/** Settlements in PostgreSQL; see {@code db/migration} for their table. */
@NullMarked
package com.gyroscops.payments.write.settlement.postgres;

import org.jspecify.annotations.NullMarked;
