package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.platform.access.CommandAccess;
import com.gyroscops.payments.platform.grpc.Callers;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import java.util.Optional;

/**
 * Reads commands that come many at a time and may be of many organizations, each as its caller may.
 *
 * @param reader reads what is permitted
 */
record PermittedCommands(CommandReader reader) {

  /** Reads a command of the current call; one that its caller may not ask for is none. */
  Reading read(Command command) {
    Optional<ApiError> denied = denied(command);
    return denied.isPresent() ? new Reading.Malformed(denied.get()) : reader.read(command);
  }

  /** Why the current call may not ask for a command; empty: it may, or it is no command. */
  static Optional<ApiError> denied(Command command) {
    return CommandAccess.demand(command).flatMap(Callers::denied);
  }
}
