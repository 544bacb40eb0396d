/**
 * Redis as those who keep something there see it: a connection that need not be up, and scripts.
 */
@NullMarked
package com.gyroscops.payments.read.redis;

import org.jspecify.annotations.NullMarked;
