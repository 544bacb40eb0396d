/** Load that knows what each call must be answered, and how often it was sent. */
@NullMarked
package com.gyroscops.payments.cli.load;

import org.jspecify.annotations.NullMarked;
