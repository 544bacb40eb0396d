package com.gyroscops.payments.read.watch;

import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;

/** Events of the past, from a store that has them all. For concurrent use. */
@FunctionalInterface
public interface PastEvents {

  /**
   * Events, oldest first.
   *
   * @param epoch of the history that they are of, which holds the token's position
   * @param upTo none of those up to here is missing
   */
  record Page(List<PaymentEvent> events, String epoch, long upTo) {}

  /**
   * The first {@code limit} events of an organization, or of one of its payments, after a position.
   * Blocks until they are read, or {@link io.grpc.Context#current()} ends.
   *
   * @param paymentId empty: all of the organization's
   * @param token consistency token of the position
   * @throws io.grpc.StatusRuntimeException what the caller is to be told
   */
  Page after(String organizationId, String paymentId, long position, String token, int limit);
}
