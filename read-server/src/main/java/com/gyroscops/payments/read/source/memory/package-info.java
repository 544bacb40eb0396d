/**
 * The memory read source: a Lucene index of all payments in each read-server.
 *
 * <p>Complete: what is absent here does not exist as of the position answered. It is filled from a
 * snapshot of the sql source ({@link com.gyroscops.payments.read.source.Snapshots}) and then tails
 * the feed. It is memory in the sense of the page cache: its files belong to this process alone and
 * are never read again by another.
 *
 * <p>What one answer is made of is one {@link com.gyroscops.payments.read.source.memory.View}: an
 * index reader, the position, what is parked, published together. {@link
 * com.gyroscops.payments.read.source.memory.Rollups} change in the same step, under the same lock.
 *
 * <p>Searches by any of the three orders read that order's own points from their best end, in
 * windows that grow until a page is full; searches for few payments collect these and sort them. So
 * the first page of every filter set that the sql source documents as indexed costs the same at any
 * number of payments.
 *
 * <p>Memory: Lucene's own is bounded by {@link
 * com.gyroscops.payments.read.source.memory.PaymentIndex}; rollups take about 60 bytes for each
 * quarter of an hour, currency and status of an organization that has payments, so 120 MiB at worst
 * for two million payments; an analysis with percentiles takes 8 to 16 bytes a payment, and two of
 * them run at a time; a filter of known payments takes a byte for each that the source may hold, 16
 * MiB at most. Everything else lies in files that the operating system caches.
 */
@NullMarked
package com.gyroscops.payments.read.source.memory;

import org.jspecify.annotations.NullMarked;
