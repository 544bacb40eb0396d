/**
 * How a server speaks gRPC: the transport and its limits, health, deadlines, and what becomes of
 * errors that nobody expected. Which services there are is the servers' own.
 */
@NullMarked
package com.gyroscops.payments.platform.grpc;

import org.jspecify.annotations.NullMarked;
