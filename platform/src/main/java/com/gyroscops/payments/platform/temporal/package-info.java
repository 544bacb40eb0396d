/**
 * How a server speaks to Temporal: the connection, its security and metrics, what payloads look
 * like, and workers that start once Temporal is there. What is worked on is the servers' own.
 */
@NullMarked
package com.gyroscops.payments.platform.temporal;

import org.jspecify.annotations.NullMarked;
