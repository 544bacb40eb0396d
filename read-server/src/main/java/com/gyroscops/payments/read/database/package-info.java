/** What every adapter to PostgreSQL needs to know of it. */
@NullMarked
package com.gyroscops.payments.read.database;

import org.jspecify.annotations.NullMarked;
