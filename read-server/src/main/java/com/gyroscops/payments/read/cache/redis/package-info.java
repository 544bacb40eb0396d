/** The cache that all replicas share, in Redis. */
@NullMarked
package com.gyroscops.payments.read.cache.redis;

import org.jspecify.annotations.NullMarked;
