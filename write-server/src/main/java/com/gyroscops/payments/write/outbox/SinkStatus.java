package com.gyroscops.payments.write.outbox;

import java.util.Map;

/**
 * How a sink is, as far as a write-server knows.
 *
 * @param position up to which it is durable: as its keeper last said, where that is another
 * @param details what its session told of that position besides; empty if it is not known here
 * @param reason why it stopped; empty otherwise
 */
public record SinkStatus(State state, long position, Map<String, String> details, String reason) {

  public SinkStatus {
    details = Map.copyOf(details);
  }

  /** What the server does about the sink. */
  public enum State {
    /** Another server keeps it, or it is not known yet who does. */
    WAITING,
    /** This server keeps it. */
    KEEPING,
    /** This server should, and cannot; it goes on trying. */
    STOPPED
  }
}
