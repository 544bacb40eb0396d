/** Imports in PostgreSQL. */
@NullMarked
package com.gyroscops.payments.write.imports.postgres;

import org.jspecify.annotations.NullMarked;
