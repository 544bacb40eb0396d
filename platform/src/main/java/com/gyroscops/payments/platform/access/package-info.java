/**
 * Who makes a call and what it may do: credentials become a {@link
 * com.gyroscops.payments.platform.access.Caller} with grants, and one table says what each RPC asks
 * of its caller. Knows no transport; {@code platform.grpc} has every call pass here.
 */
@NullMarked
package com.gyroscops.payments.platform.access;

import org.jspecify.annotations.NullMarked;
