/**
 * Real engines from Maven Central artifacts, each in a process of its own, for `payments up` and
 * for tests. They differ from production in where they run, never in how durable they are.
 */
@NullMarked
package com.gyroscops.payments.stack.engine;

import org.jspecify.annotations.NullMarked;
