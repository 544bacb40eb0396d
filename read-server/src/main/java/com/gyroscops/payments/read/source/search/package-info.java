/**
 * Payments in a search engine that speaks the API that Elasticsearch 7.10 and OpenSearch have in
 * common.
 *
 * <p>Each generation of the data is one index of one shard without replicas, behind an alias; the
 * checkpoint is a document in it. Whoever sees the checkpoint in a search therefore sees all that
 * was written before it, which is what answers' positions rest on.
 *
 * <p>Each question's own search finds the checkpoint, as a completion: a search for it beforehand
 * took the engine some 0.3 ms. An index whose settings or mapping are those of another version of
 * this program is replaced by an empty one, which is filled from the log.
 */
@NullMarked
package com.gyroscops.payments.read.source.search;

import org.jspecify.annotations.NullMarked;
