/** What the relay keeps in, and hears from, PostgreSQL. */
@NullMarked
package com.gyroscops.payments.write.outbox.postgres;

import org.jspecify.annotations.NullMarked;
