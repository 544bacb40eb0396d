/**
 * gRPC in. A request becomes a {@code CommandEnvelope} or is refused, field by field; an outcome
 * becomes a response or a status. Public calls run on the network threads and never block there;
 * the relay's run on virtual threads.
 */
@NullMarked
package com.gyroscops.payments.write.api;

import org.jspecify.annotations.NullMarked;
