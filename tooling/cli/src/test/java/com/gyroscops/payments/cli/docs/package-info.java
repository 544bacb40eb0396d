@NullMarked
package com.gyroscops.payments.cli.docs;

import org.jspecify.annotations.NullMarked;
