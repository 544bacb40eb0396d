/** Reports in PostgreSQL; see {@code db/read/migration} for their tables. */
@NullMarked
package com.gyroscops.payments.read.report.postgres;

import org.jspecify.annotations.NullMarked;
