@NullMarked
package com.gyroscops.payments.cli.stack;

import org.jspecify.annotations.NullMarked;
