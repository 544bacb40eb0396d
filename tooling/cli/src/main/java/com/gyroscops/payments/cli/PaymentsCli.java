package com.gyroscops.payments.cli;

import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ScopeType;

/** The commands of {@code ./payments} that need more than a shell. */
@Command(
    name = "payments",
    description = "Gyroscops Payments on this machine.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    usageHelpAutoWidth = true,
    footer = {
      "",
      "Also: `test [--full]` runs all tests, `bench` the benchmarks.",
      "Exit codes: 0 done, 1 failed, 2 wrong use, 3 (status) not all is ready, 4 (journal) torn tail."
    },
    subcommands = {
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      ImportCommand.class,
      DemoCommand.class,
      JournalCommand.class,
      KeysCommand.class,
      DocsCommand.class,
      SuperviseCommand.class,
      TrainCommand.class
    })
public final class PaymentsCli {

  private PaymentsCli() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** All commands, which say in a line what went wrong. */
  static CommandLine commandLine() {
    CommandLine all =
        new CommandLine(new PaymentsCli())
            .setExecutionExceptionHandler((failure, line, parsed) -> {
              line.getErr().println("payments: " + message(failure));
              return 1;
            });
    // A grant of the deployment, -:feed, looks like an option.
    of(of(all, "keys"), "create").setUnmatchedOptionsArePositionalParams(true);
    return all;
  }

  private static CommandLine of(CommandLine line, String subcommand) {
    return Objects.requireNonNull(line.getSubcommands().get(subcommand), subcommand);
  }

  private static String message(Exception failure) {
    String message =
        failure instanceof java.nio.file.NoSuchFileException missing
            ? "no such file: " + missing.getFile()
            : failure.getMessage();
    boolean meantForPeople =
        (failure instanceof java.io.IOException
            || failure instanceof java.io.UncheckedIOException
            || failure instanceof IllegalStateException
            || failure instanceof com.gyroscops.payments.cli.imports.ImportStuckException);
    return message != null && meantForPeople ? message : failure.toString();
  }
}
