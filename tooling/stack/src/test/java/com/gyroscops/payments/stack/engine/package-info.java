@NullMarked
package com.gyroscops.payments.stack.engine;

import org.jspecify.annotations.NullMarked;
