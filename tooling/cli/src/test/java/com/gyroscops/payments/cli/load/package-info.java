@NullMarked
package com.gyroscops.payments.cli.load;

import org.jspecify.annotations.NullMarked;
