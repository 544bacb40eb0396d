/** gRPC in: the contract's calls, handed to the query bus. */
@NullMarked
package com.gyroscops.payments.read.api;

import org.jspecify.annotations.NullMarked;
