/**
 * Which source answers a question: what it can do, how fresh it is, how healthy and how busy, and
 * what happens when it fails.
 */
@NullMarked
package com.gyroscops.payments.read.routing;

import org.jspecify.annotations.NullMarked;
