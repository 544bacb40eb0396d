@NullMarked
package com.gyroscops.payments.benchmarks;

import org.jspecify.annotations.NullMarked;
