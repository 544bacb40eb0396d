/** Processes of this machine: where their programs lie, their JVMs, ports, signals and figures. */
@NullMarked
package com.gyroscops.payments.stack.process;

import org.jspecify.annotations.NullMarked;
