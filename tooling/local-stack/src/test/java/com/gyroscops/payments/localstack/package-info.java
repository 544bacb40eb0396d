@NullMarked
package com.gyroscops.payments.localstack;

import org.jspecify.annotations.NullMarked;
