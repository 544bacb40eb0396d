package com.gyroscops.payments.platform.journal;

/**
 * The first thing that is wrong with a journal.
 *
 * @param segment name of the file
 * @param line in that file, from 1, which is the header; 0: the file as a whole
 * @param offset of that line in the file, in bytes
 * @param position that should stand there; 0: none, as in a header
 * @param what for people: what was found and what was expected
 */
public record Fault(Kind kind, String segment, long line, long offset, long position, String what) {

  /** What is wrong. */
  public enum Kind {
    /**
     * The very last line is not whole, or its text does not match its hash: a write that was cut
     * short. The journal is whole before it; whoever keeps it next cuts it, and writes the event
     * again from the log.
     */
    TORN_TAIL,
    /** A line's text does not match its hash. */
    CHANGED,
    /** A line that is whole by its hash does not continue from the one before: one was replaced. */
    UNCHAINED,
    /** Positions are left out. */
    MISSING,
    /** A line stands in another's place. */
    OUT_OF_ORDER,
    /** There is no segment where one should begin, be it the first. */
    MISSING_SEGMENT,
    /** Segments of different logs or origins, or of a history that had ended. */
    MIXED,
    /** The journal ends before the position that it was said to reach. */
    SHORT,
    /** The hash at a position is not the one that was noted. */
    OTHER_HASH
  }

  @Override
  public String toString() {
    return line == 0 ? segment + ": " + what : segment + ", line " + line + ": " + what;
  }
}
