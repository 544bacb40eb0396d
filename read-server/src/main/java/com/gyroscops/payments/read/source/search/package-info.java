/**
 * Payments in a search engine that speaks the API that Elasticsearch 7.10 and OpenSearch have in
 * common.
 *
 * <p>Each generation of the data is one index of one shard without replicas, behind an alias; the
 * checkpoint is a document in it. Whoever sees the checkpoint in a search therefore sees all that
 * was written before it, which is what answers' positions rest on.
 */
@NullMarked
package com.gyroscops.payments.read.source.search;

import org.jspecify.annotations.NullMarked;
