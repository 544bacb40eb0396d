@NullMarked
package com.gyroscops.payments.stack;

import org.jspecify.annotations.NullMarked;
