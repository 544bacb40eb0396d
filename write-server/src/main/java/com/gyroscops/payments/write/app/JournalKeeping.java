package com.gyroscops.payments.write.app;

import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.journal.RequiredJournal;
import com.gyroscops.payments.write.outbox.SinkRunner;
import java.util.Optional;

/**
 * The journal of this server, if it keeps one.
 *
 * @param required whether commands wait for it
 */
record JournalKeeping(Optional<SinkRunner> journal, boolean required) implements AutoCloseable {

  /** The handler with the journal before it, where commands wait for it. */
  CommandHandler before(CommandHandler next) {
    return journal
        .filter(_ -> required)
        .<CommandHandler>map(kept -> new RequiredJournal(next, kept))
        .orElse(next);
  }

  @Override
  public void close() {
    journal.ifPresent(SinkRunner::close);
  }
}
