@NullMarked
package com.gyroscops.payments.cli.client;

import org.jspecify.annotations.NullMarked;
