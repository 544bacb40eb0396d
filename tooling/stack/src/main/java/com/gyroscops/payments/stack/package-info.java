/** The local stack as processes: who starts, watches and stops them, and who talks to that one. */
@NullMarked
package com.gyroscops.payments.stack;

import org.jspecify.annotations.NullMarked;
