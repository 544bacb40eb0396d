/** What {@code ./payments} runs: one class for each command, which reads options and prints. */
@NullMarked
package com.gyroscops.payments.cli;

import org.jspecify.annotations.NullMarked;
