package com.gyroscops.payments.write.command;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Waits for room where the handler behind it refuses for lack of it: for commands that no caller
 * would send again. What waits is handed in in no particular order, so whoever needs one awaits
 * each outcome before the next command. For concurrent use.
 */
public final class PatientHandler implements CommandHandler {

  private final CommandHandler commands;
  private final Consumer<Runnable> whenRoom;

  /**
   * @param whenRoom runs a task once there is room for commands again
   */
  public PatientHandler(CommandHandler commands, Consumer<Runnable> whenRoom) {
    this.commands = commands;
    this.whenRoom = whenRoom;
  }

  @Override
  public CompletionStage<CommandOutcome> handle(CommandEnvelope command) {
    CompletableFuture<CommandOutcome> outcome = commands.handle(command).toCompletableFuture();
    if (!CommandBatcher.isQueueFull(outcome)) {
      return outcome;
    }
    CompletableFuture<CommandOutcome> later = new CompletableFuture<>();
    whenRoom.accept(() -> handInAgain(command, later));
    return later;
  }

  private void handInAgain(CommandEnvelope command, CompletableFuture<CommandOutcome> later) {
    CompletableFuture<CommandOutcome> outcome = commands.handle(command).toCompletableFuture();
    if (CommandBatcher.isQueueFull(outcome)) {
      whenRoom.accept(() -> handInAgain(command, later));
    } else {
      var _ = outcome.thenAccept(later::complete);
    }
  }
}
