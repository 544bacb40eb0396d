package com.gyroscops.payments.write.command;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.Command.CommandCase;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import java.util.Locale;
import java.util.function.Function;

/**
 * The kinds of commands: what is known of any command, by the request of its kind. A new kind is a
 * row here, named as the contract's {@code Command} names it.
 */
@SuppressWarnings("ImmutableEnumChecker") // Its functions keep nothing.
public enum CommandKind {
  CREATE(
      (reader, at, it) -> reader.read(at, it.getCreate()),
      it ->
          subject(
              it.getCreate().getContext(),
              it.getCreate().getOrganizationId(),
              it.getCreate().getPaymentId()),
      it -> it.getCreateBuilder().getContextBuilder()),
  UPDATE(
      (reader, at, it) -> reader.read(at, it.getUpdate()),
      it ->
          subject(
              it.getUpdate().getContext(),
              it.getUpdate().getOrganizationId(),
              it.getUpdate().getPaymentId()),
      it -> it.getUpdateBuilder().getContextBuilder()),
  PROCESS(
      (reader, at, it) -> reader.read(at, it.getProcess()),
      it ->
          subject(
              it.getProcess().getContext(),
              it.getProcess().getOrganizationId(),
              it.getProcess().getPaymentId()),
      it -> it.getProcessBuilder().getContextBuilder()),
  FAIL(
      (reader, at, it) -> reader.read(at, it.getFail()),
      it ->
          subject(
              it.getFail().getContext(),
              it.getFail().getOrganizationId(),
              it.getFail().getPaymentId()),
      it -> it.getFailBuilder().getContextBuilder()),
  REFUND(
      (reader, at, it) -> reader.read(at, it.getRefund()),
      it ->
          subject(
              it.getRefund().getContext(),
              it.getRefund().getOrganizationId(),
              it.getRefund().getPaymentId()),
      it -> it.getRefundBuilder().getContextBuilder()),
  DELETE(
      (reader, at, it) -> reader.read(at, it.getDelete()),
      it ->
          subject(
              it.getDelete().getContext(),
              it.getDelete().getOrganizationId(),
              it.getDelete().getPaymentId()),
      it -> it.getDeleteBuilder().getContextBuilder());

  /** A command's context, and the payment that it is about; empty texts where it names none. */
  public record Subject(CommandContext context, String organizationId, String paymentId) {}

  private interface Parser {
    Reading read(CommandReader reader, String at, Command command);
  }

  private final Parser parser;
  private final Function<Command, Subject> subject;
  private final Function<Command.Builder, CommandContext.Builder> context;

  CommandKind(
      Parser parser,
      Function<Command, Subject> subject,
      Function<Command.Builder, CommandContext.Builder> context) {
    this.parser = parser;
    this.subject = subject;
    this.context = context;
  }

  private static Subject subject(CommandContext context, String organizationId, String paymentId) {
    return new Subject(context, organizationId, paymentId);
  }

  /** What a command is about; that of no command is empty. */
  public static Subject subject(Command command) {
    return isNone(command)
        ? subject(CommandContext.getDefaultInstance(), "", "")
        : of(command.getCommandCase()).subject.apply(command);
  }

  /** The context of a command, which must be one, to be changed in place. */
  public static CommandContext.Builder context(Command.Builder command) {
    return of(command.getCommandCase()).context.apply(command);
  }

  /** A command's kind in words, as in {@code refund}; empty for no command. */
  public static String word(Command command) {
    return isNone(command) ? "" : of(command.getCommandCase()).word();
  }

  /** Reads a command; its fields are named within it, as {@code refund.amount}. */
  static Reading read(CommandReader reader, Command command) {
    // A kind of a later contract is one of these.
    Violations violations = new Violations().known("", command);
    if (violations.isEmpty() && isNone(command)) {
      violations.add("command", "is required");
    }
    if (!violations.isEmpty()) {
      return CommandReader.malformed(violations);
    }
    CommandKind kind = of(command.getCommandCase());
    return kind.parser.read(reader, kind.word() + ".", command);
  }

  private String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static boolean isNone(Command command) {
    return command.getCommandCase() == CommandCase.COMMAND_NOT_SET;
  }

  private static CommandKind of(CommandCase kind) {
    return switch (kind) {
      case CREATE -> CREATE;
      case UPDATE -> UPDATE;
      case PROCESS -> PROCESS;
      case FAIL -> FAIL;
      case REFUND -> REFUND;
      case DELETE -> DELETE;
      case COMMAND_NOT_SET -> throw new IllegalArgumentException("no command");
    };
  }
}
