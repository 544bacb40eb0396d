package com.gyroscops.payments.platform.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Sees the entries of a journal, in order, each once it is verified. */
@FunctionalInterface
public interface JournalVisitor {

  /**
   * An entry.
   *
   * @param line whole, line feed included; as the event, good during the call alone
   * @param event its event, in canonical form
   */
  void entry(long position, ByteBuffer line, ByteBuffer event) throws IOException;
}
