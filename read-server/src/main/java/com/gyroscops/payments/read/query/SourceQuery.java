package com.gyroscops.payments.read.query;

import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.v1.ReadMetadata;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A query that sources answer. It is named like the RPC, and its answers say where they were read.
 */
abstract class SourceQuery<Q, A> implements Query<Q, A> {

  final SourceRouter reads;
  private final Function<A, ReadMetadata> readOf;
  private final Optional<CacheRules<Q, A>> caching;

  /**
   * @param caching null: its answers are not kept
   */
  SourceQuery(
      SourceRouter reads, Function<A, ReadMetadata> readOf, @Nullable CacheRules<Q, A> caching) {
    this.reads = reads;
    this.readOf = readOf;
    this.caching = Optional.ofNullable(caching);
  }

  @Override
  public final String name() {
    return getClass().getSimpleName();
  }

  @Override
  public final ReadMetadata readOf(A answer) {
    return readOf.apply(answer);
  }

  @Override
  public final Optional<CacheRules<Q, A>> caching() {
    return caching;
  }
}
