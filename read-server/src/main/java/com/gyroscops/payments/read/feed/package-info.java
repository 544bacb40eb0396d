/**
 * The write side as this server knows it: its stream of events, its head, its newest state of one
 * payment.
 */
@NullMarked
package com.gyroscops.payments.read.feed;

import org.jspecify.annotations.NullMarked;
