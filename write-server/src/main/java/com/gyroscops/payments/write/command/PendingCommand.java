package com.gyroscops.payments.write.command;

import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A command on its way through the batcher. Touched by the batcher's lane alone, once taken. */
final class PendingCommand {

  private final CommandEnvelope envelope;
  private final CompletableFuture<CommandOutcome> answer = new CompletableFuture<>();
  private final List<PendingCommand> repetitions = new ArrayList<>();
  private @Nullable CommandOutcome outcome;
  private int conflicts;
  private boolean alone;

  PendingCommand(CommandEnvelope envelope) {
    this.envelope = envelope;
  }

  CommandEnvelope envelope() {
    return envelope;
  }

  PaymentKey key() {
    return envelope.command().key();
  }

  /** Completes when {@link #answer()} is called. */
  CompletableFuture<CommandOutcome> future() {
    return answer;
  }

  /** Another command of the same request and content: it shares the outcome. */
  void join(PendingCommand repetition) {
    repetitions.add(repetition);
  }

  /** Whether nobody waits for the outcome any more: neither its caller nor those of repetitions. */
  boolean isAbandoned() {
    return envelope.abandoned().getAsBoolean()
        && repetitions.stream().allMatch(PendingCommand::isAbandoned);
  }

  void decide(CommandOutcome decided) {
    outcome = decided;
  }

  boolean isDecided() {
    return outcome != null;
  }

  /** How often it was decided on a state that no longer held. */
  int conflicts() {
    return conflicts;
  }

  /** Counts a conflict and tells how many there were. */
  int conflict() {
    return ++conflicts;
  }

  /** Whether it must be the only command of its chain: some command of its chain was refused. */
  boolean isAlone() {
    return alone;
  }

  void setAlone() {
    alone = true;
  }

  /** Tells whoever waits, and those who wait for repetitions. */
  void answer() {
    CommandOutcome decided = outcome;
    if (decided == null) {
      throw new IllegalStateException("answered before it was decided: " + envelope.requestId());
    }
    answer.complete(decided);
    for (PendingCommand repetition : repetitions) {
      repetition.answer.complete(
          switch (decided) {
            case CommandOutcome.Succeeded done ->
                new CommandOutcome.Succeeded(
                    done.payment(), done.eventId(), done.consistencyToken(), true);
            case CommandOutcome.Refused refused -> refused;
          });
    }
  }
}
