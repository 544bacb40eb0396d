/** Import of command files: rows to commands, and commands to servers, each exactly once. */
@NullMarked
package com.gyroscops.payments.cli.imports;

import org.jspecify.annotations.NullMarked;
