/**
 * What both servers and every Java client must agree on and the contracts alone cannot say: how an
 * error is packed, which identifiers and currencies are valid, how tokens are written, how a server
 * speaks gRPC.
 *
 * <p>Nothing here knows Micronaut, a database or the other side.
 */
@NullMarked
package com.gyroscops.payments.contract;

import org.jspecify.annotations.NullMarked;
