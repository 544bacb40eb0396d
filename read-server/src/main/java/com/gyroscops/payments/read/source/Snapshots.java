package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;

/**
 * A complete source from which others can be filled: all of its payments as of one position, read
 * while the source goes on.
 */
public interface Snapshots {

  /** Takes a snapshot in. Called by the thread that reads it, in this order. */
  interface Receiver {

    /**
     * First of all: where the snapshot stands.
     *
     * @return whether to go on
     */
    boolean start(SourcePosition at);

    /**
     * One payment, deleted ones included, in any order; each once.
     *
     * @return whether to go on
     */
    boolean payment(Payment payment);

    /** After the payments, an event that the source has parked, in the order to apply them. */
    void parked(PaymentEvent event);
  }

  /**
   * Reads a snapshot to its end, or until the receiver wants no more.
   *
   * @throws SourceUnavailableException the source does not answer, is being filled, or belongs to
   *     no log; what the receiver was given is no whole snapshot
   */
  void read(Receiver receiver) throws SourceUnavailableException;
}
