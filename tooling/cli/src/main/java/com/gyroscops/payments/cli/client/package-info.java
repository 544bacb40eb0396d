/** How this program calls the servers. */
@NullMarked
package com.gyroscops.payments.cli.client;

import org.jspecify.annotations.NullMarked;
