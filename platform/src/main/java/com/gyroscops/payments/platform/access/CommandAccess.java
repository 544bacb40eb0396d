package com.gyroscops.payments.platform.access;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.Command.CommandCase;
import java.util.Map;
import java.util.Optional;

/** What commands demand, wherever they come from: alone, in a batch, a stream or an import. */
public final class CommandAccess {

  private CommandAccess() {}

  /** What a command demands; empty: it is none, and is refused for that. */
  public static Optional<Demand> demand(Command command) {
    if (command.getCommandCase() == CommandCase.COMMAND_NOT_SET) {
      return Optional.empty();
    }
    for (Map.Entry<FieldDescriptor, Object> field : command.getAllFields().entrySet()) {
      if (field.getValue() instanceof Message kind) {
        return Optional.of(
            new Demand(scope(command.getCommandCase()), AccessRules.organization(kind)));
      }
    }
    throw new IllegalStateException("a command without its message: " + command.getCommandCase());
  }

  private static Scope scope(CommandCase kind) {
    return switch (kind) {
      case REFUND -> Scope.PAYMENTS_REFUND;
      case CREATE, UPDATE, PROCESS, FAIL, DELETE, COMMAND_NOT_SET -> Scope.PAYMENTS_WRITE;
    };
  }
}
