/** What the journal's keepers tell each other by way of PostgreSQL. */
@NullMarked
package com.gyroscops.payments.write.journal.postgres;

import org.jspecify.annotations.NullMarked;
