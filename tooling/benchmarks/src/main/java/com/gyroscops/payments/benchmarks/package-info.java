/**
 * Benchmarks of the two servers: each starts a real, durable stack of its own, puts load on it and,
 * where there is one, on a peer in turn, and reports the ratio of the two.
 */
@NullMarked
package com.gyroscops.payments.benchmarks;

import org.jspecify.annotations.NullMarked;
