@NullMarked
package com.gyroscops.payments.cli.imports;

import org.jspecify.annotations.NullMarked;
