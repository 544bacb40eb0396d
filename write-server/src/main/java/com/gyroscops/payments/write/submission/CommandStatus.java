package com.gyroscops.payments.write.submission;

import com.gyroscops.payments.v1.CommandState;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.command.CommandOutcome;
import java.time.Instant;
import java.util.Optional;

/** How far a command is. */
public sealed interface CommandStatus {

  /** As the contract names it. */
  CommandState state();

  /** How it ended, if it has. */
  default Optional<CommandOutcome> outcome() {
    return this instanceof Ended(CommandOutcome how) ? Optional.of(how) : Optional.empty();
  }

  /** The submission, until it has ended. */
  default Optional<Open> open() {
    return this instanceof Open open ? Optional.of(open) : Optional.empty();
  }

  /**
   * It was submitted and has not ended.
   *
   * @param owner the organization that it belongs to
   * @param actor who submitted it; empty: not authenticated
   * @param since when it was submitted
   * @param started whether it was taken up
   */
  record Open(String owner, String actor, Instant since, boolean started) implements CommandStatus {
    @Override
    public CommandState state() {
      return started ? CommandState.COMMAND_STATE_RUNNING : CommandState.COMMAND_STATE_PENDING;
    }
  }

  /** It has ended. */
  record Ended(CommandOutcome how) implements CommandStatus {
    @Override
    public CommandState state() {
      return switch (how) {
        case CommandOutcome.Succeeded _ -> CommandState.COMMAND_STATE_SUCCEEDED;
        case CommandOutcome.Refused refused ->
            switch (refused.error().reason()) {
              case CommandErrors.COMMAND_CANCELLED -> CommandState.COMMAND_STATE_CANCELLED;
              case CommandErrors.COMMAND_TIMED_OUT -> CommandState.COMMAND_STATE_FAILED;
              default -> CommandState.COMMAND_STATE_REJECTED;
            };
      };
    }
  }

  /** Nothing is known of it. */
  record Unknown() implements CommandStatus {
    @Override
    public CommandState state() {
      return CommandState.COMMAND_STATE_UNSPECIFIED;
    }
  }
}
