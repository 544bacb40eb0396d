@NullMarked
package com.gyroscops.payments.stack.process;

import org.jspecify.annotations.NullMarked;
