package com.gyroscops.payments.write.journal;

import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.outbox.SinkRunner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Refuses commands while the journal is too far behind the log. */
public final class RequiredJournal implements CommandHandler {

  private static final CommandOutcome REFUSED =
      CommandOutcome.Refused.of(CommandErrors.journalUnavailable());

  private final CommandHandler next;
  private final SinkRunner journal;

  public RequiredJournal(CommandHandler next, SinkRunner journal) {
    this.next = next;
    this.journal = journal;
  }

  @Override
  public CompletionStage<CommandOutcome> handle(CommandEnvelope command) {
    return journal.isTooFarBehind()
        ? CompletableFuture.completedFuture(REFUSED)
        : next.handle(command);
  }
}
