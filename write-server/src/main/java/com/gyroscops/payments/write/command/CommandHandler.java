package com.gyroscops.payments.write.command;

import java.util.concurrent.CompletionStage;

/** Takes a command and tells later what became of it. Never blocks, never throws for a command. */
@FunctionalInterface
public interface CommandHandler {

  /** Completes normally, whatever became of the command. */
  CompletionStage<CommandOutcome> handle(CommandEnvelope command);
}
