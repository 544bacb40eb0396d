/** Seeded payments through both servers. */
@NullMarked
package com.gyroscops.payments.cli.demo;

import org.jspecify.annotations.NullMarked;
