/**
 * How a server uses a PostgreSQL that may fail over, and what it asks of it about itself:
 * connections to the primary alone, which are replaced once it is another, and who holds old
 * snapshots. What else is asked over them is the servers' own.
 */
@NullMarked
package com.gyroscops.payments.platform.jdbc;

import org.jspecify.annotations.NullMarked;
