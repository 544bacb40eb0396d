/** Whether what the servers are deployed with is what they take. */
@NullMarked
package com.gyroscops.payments.cli.deploy;

import org.jspecify.annotations.NullMarked;
