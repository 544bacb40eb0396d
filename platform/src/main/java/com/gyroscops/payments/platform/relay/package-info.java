/**
 * What follows the log by position: the port that sinks implement. Knows no server and no sink;
 * whoever has a log runs them.
 */
@NullMarked
package com.gyroscops.payments.platform.relay;

import org.jspecify.annotations.NullMarked;
