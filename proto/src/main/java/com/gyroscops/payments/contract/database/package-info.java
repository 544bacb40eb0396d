/**
 * How a server uses a PostgreSQL that may fail over: connections to the primary alone, which are
 * replaced once it is another. What is asked over them is the servers' own.
 */
@NullMarked
package com.gyroscops.payments.contract.database;

import org.jspecify.annotations.NullMarked;
