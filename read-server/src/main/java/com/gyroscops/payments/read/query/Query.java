package com.gyroscops.payments.read.query;

import com.gyroscops.payments.v1.ReadMetadata;
import java.util.Optional;

/**
 * A question of the contract and how it is answered. For concurrent use; answering blocks, and ends
 * when {@link io.grpc.Context#current()} does.
 *
 * @param <Q> request
 * @param <A> response
 */
public interface Query<Q, A> {

  /** The RPC's name. */
  String name();

  /**
   * Answers a request.
   *
   * @throws io.grpc.StatusRuntimeException with the reasons that the contract names
   */
  A answer(Q request);

  /** Where an answer came from. */
  ReadMetadata readOf(A answer);

  /** How its answers may be kept and given again; empty: not at all. */
  default Optional<CacheRules<Q, A>> caching() {
    return Optional.empty();
  }
}
