@NullMarked
package com.gyroscops.payments.cli;

import org.jspecify.annotations.NullMarked;
