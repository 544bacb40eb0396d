package com.gyroscops.payments.write.journal;

/**
 * How a write-server's journal is.
 *
 * @param position up to which the journal is on disk: as its keeper last said, where that is
 *     another
 * @param hash of the entry there; empty if it is not known here
 * @param reason why it stopped; empty otherwise
 */
public record JournalStatus(State state, long position, String hash, String reason) {

  /** What the server does about the journal. */
  public enum State {
    /** Another server keeps it, or it is not known yet who does. */
    WAITING,
    /** This server keeps it. */
    KEEPING,
    /** This server should, and cannot; it goes on trying. */
    STOPPED
  }
}
