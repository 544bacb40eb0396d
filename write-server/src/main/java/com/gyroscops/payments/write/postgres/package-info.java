/** What all that talks to PostgreSQL has in common. */
@NullMarked
package com.gyroscops.payments.write.postgres;

import org.jspecify.annotations.NullMarked;
