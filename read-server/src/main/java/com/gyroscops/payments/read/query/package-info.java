/**
 * The queries of the contract, one class each, and what is done around all of them: metering,
 * limits, and waiting for a source that is fresh enough.
 */
@NullMarked
package com.gyroscops.payments.read.query;

import org.jspecify.annotations.NullMarked;
