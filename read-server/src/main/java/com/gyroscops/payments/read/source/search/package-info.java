/**
 * Payments in a search engine that speaks the API that Elasticsearch 7.10 and OpenSearch have in
 * common.
 *
 * <p>Each generation of the data is one index of one shard without replicas, behind an alias; the
 * checkpoint is a document in it. Whoever sees the checkpoint in a search therefore sees all that
 * was written before it, which is what answers' positions rest on.
 *
 * <p>The checkpoint is searched for before each question, which takes the engine some 0.3 ms. A
 * completion field would find it in the question's own search for less; but replaced checkpoints
 * stay in the automata of such fields until merges after a flush, and each search walks them all.
 */
@NullMarked
package com.gyroscops.payments.read.source.search;

import org.jspecify.annotations.NullMarked;
