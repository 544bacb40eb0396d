/** Streams of events to those who watch an organization or a payment. */
@NullMarked
package com.gyroscops.payments.read.watch;

import org.jspecify.annotations.NullMarked;
