/** Submissions in PostgreSQL; see {@code db/migration} for their table. */
@NullMarked
package com.gyroscops.payments.write.submission.postgres;

import org.jspecify.annotations.NullMarked;
