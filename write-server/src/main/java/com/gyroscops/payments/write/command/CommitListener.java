package com.gyroscops.payments.write.command;

import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;

/** Hears of events right after they were committed. Must be quick and must not throw. */
@FunctionalInterface
public interface CommitListener {

  /**
   * Events that one append committed, in order of their positions, without gaps. Appends of other
   * write-servers are not heard of here.
   *
   * @param epoch of the history that they were appended to
   */
  void committed(String epoch, List<PaymentEvent> events);
}
