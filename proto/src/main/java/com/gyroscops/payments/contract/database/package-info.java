/** What both servers ask of PostgreSQL about itself. */
@NullMarked
package com.gyroscops.payments.contract.database;

import org.jspecify.annotations.NullMarked;
