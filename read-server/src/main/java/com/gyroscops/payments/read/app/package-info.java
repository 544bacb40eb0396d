/**
 * The read-server: answers queries about payments from sources that the feed keeps in step.
 *
 * <p>Here stand the process and its wiring. Folders know each other in one direction: {@code api} →
 * {@code report} → {@code query} → {@code routing} → {@code projection} → {@code source}, {@code
 * feed}.
 */
@NullMarked
package com.gyroscops.payments.read.app;

import org.jspecify.annotations.NullMarked;
