package com.gyroscops.payments.cli;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.cli.imports.CommandFile;
import com.gyroscops.payments.cli.imports.CommandImport;
import com.gyroscops.payments.cli.imports.ImportResult;
import com.gyroscops.payments.cli.imports.ImportSettings;
import com.gyroscops.payments.cli.stack.ServerKind;
import io.grpc.ManagedChannel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends the rows of a file as commands. */
@Command(
    name = "import",
    description =
        "Sends a CSV file's rows as commands, each exactly once, however often it is run: request"
            + " ids are digests of the rows. Rows that are wrong are reported and left out.")
final class ImportCommand implements Callable<Integer> {

  /** What a shell says of a program ended by Ctrl-C. */
  private static final int INTERRUPTED = 130;

  private static final int ENDING_SECONDS_MAX = 5;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private StackOptions stack = new StackOptions();

  @Parameters(
      paramLabel = "FILE",
      description =
          "Columns command (create, update, process, fail, refund, delete), payment_id,"
              + " organization_id, user_id, amount (major units), currency, description,"
              + " correlation_id, reason, occurred_at (RFC 3339), in any order.")
  private Path file = Path.of("");

  @Option(
      names = "--target",
      split = ",",
      paramLabel = "HOST:PORT",
      description = "Write-servers, instead of those of the stack.")
  private List<String> targets = List.of();

  @Option(
      names = "--json",
      description =
          "One line for each rejected row, and at the end one object with rows, accepted, rejected,"
              + " replayed, seconds.")
  private boolean json;

  @Option(
      names = "--rejects",
      paramLabel = "CSV",
      description = "File to write all rejected rows to.")
  private @Nullable Path rejects;

  @Option(
      names = "--give-up-after",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Longest time without any row done; default ${DEFAULT-VALUE}.")
  private int giveUpAfterSeconds;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
    List<String> servers =
        targets.isEmpty() ? Targets.of(stack.dataDirectory, ServerKind.WRITE_SERVER) : targets;
    List<ManagedChannel> channels = servers.stream().map(Clients::failingFast).toList();
    try (CommandFile rows = CommandFile.open(file);
        ImportReport report = new ImportReport(out, json, rejects, file)) {
      var settings = ImportSettings.defaults(Duration.ofSeconds(giveUpAfterSeconds));
      var running = new CommandImport(rows, channels, settings, report);
      Thread main = Thread.currentThread();
      Thread hook = ShutdownHooks.add("import-stop", () -> stop(running, main));
      boolean ended = false;
      try {
        ImportResult result = running.run();
        ended = true;
        report.end(result);
        return result.complete() ? 0 : INTERRUPTED;
      } finally {
        if (!ended) {
          report.end(running.result(false));
        }
        ShutdownHooks.remove(hook);
      }
    } finally {
      channels.forEach(ManagedChannel::shutdownNow);
      for (ManagedChannel channel : channels) {
        channel.awaitTermination(1, TimeUnit.SECONDS);
      }
    }
  }

  private static void stop(CommandImport running, Thread main) {
    running.stop();
    try {
      main.join(Duration.ofSeconds(ENDING_SECONDS_MAX));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
