package com.gyroscops.payments.cli;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.cli.imports.BulkImport;
import com.gyroscops.payments.cli.imports.CommandFile;
import com.gyroscops.payments.cli.imports.CommandImport;
import com.gyroscops.payments.cli.imports.ImportListener;
import com.gyroscops.payments.cli.imports.ImportResult;
import com.gyroscops.payments.cli.imports.ImportSettings;
import com.gyroscops.payments.stack.ServerKind;
import com.gyroscops.payments.v1.Import;
import com.gyroscops.payments.v1.ImportState;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends the rows of a file as commands. */
@Command(
    name = "import",
    description =
        "Sends a CSV file's rows as commands, each exactly once, however often it is run: request"
            + " ids are digests of what the rows say, however it is spelled; free text of a process or"
            + " refund is no part of that. Rows that are wrong are reported and left out; rows"
            + " that were known before, from this file or another, are counted and listed.",
    subcommands = {
      ImportCommand.Status.class,
      ImportCommand.Imports.class,
      ImportCommand.Cancel.class
    })
final class ImportCommand implements Callable<Integer> {

  /** What a shell says of a program ended by Ctrl-C. */
  private static final int INTERRUPTED = 130;

  private static final int ENDING_SECONDS_MAX = 5;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private Servers servers = new Servers();

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description =
          "Columns command (create, update, process, fail, refund, delete), payment_id,"
              + " organization_id, user_id, amount (major units), currency, description,"
              + " correlation_id, reason, occurred_at (RFC 3339), in any order; and request_id,"
              + " where rows have one of their own.")
  private @Nullable Path file;

  @Option(
      names = "--async",
      description =
          "Upload the rows and have the servers carry the import out by themselves, whatever is"
              + " restarted meanwhile; see import status.")
  private boolean async;

  @Option(
      names = "--import-id",
      paramLabel = "ID",
      description = "Of an --async import; default: a digest of the file.")
  private @Nullable String importId;

  @Option(
      names = "--json",
      description =
          "One line for each rejected row, and at the end one object with rows, accepted, rejected,"
              + " replayed, known, known_lines, seconds.")
  private boolean json;

  @Option(
      names = "--rejects",
      paramLabel = "CSV",
      description = "File to write all rejected rows to.")
  private @Nullable Path rejects;

  @Override
  public Integer call() throws Exception {
    CommandLine line = Objects.requireNonNull(spec).commandLine();
    Path from = file;
    if (from == null) {
      throw new ParameterException(line, "Missing required parameter: 'FILE'");
    }
    if (importId != null && !async) {
      throw new ParameterException(line, "--import-id is for --async imports");
    }
    try (Servers.Open open = servers.open();
        CommandFile rows = CommandFile.open(from);
        ImportReport report =
            new ImportReport(line.getOut(), json, rejects, ImportReport.rowsAbout(from))) {
      if (async) {
        String id = importId == null ? BulkImport.idOf(from) : importId;
        BulkImport bulk = new BulkImport(open.channels(), servers.settings(), report);
        report.end(bulk.upload(id, rows));
        return 0;
      }
      return run(new CommandImport(rows, open.channels(), servers.settings(), report), report);
    }
  }

  private static int run(CommandImport running, ImportReport report) throws Exception {
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
  }

  private static void stop(CommandImport running, Thread main) {
    running.stop();
    try {
      main.join(Duration.ofSeconds(ENDING_SECONDS_MAX));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Which write-servers are asked, and for how long. */
  static final class Servers {

    @Mixin private StackOptions stack = new StackOptions();

    @Option(
        names = "--target",
        split = ",",
        paramLabel = "HOST:PORT",
        description = "Write-servers, instead of those of the stack.")
    private List<String> targets = List.of();

    @Option(
        names = "--give-up-after",
        paramLabel = "SECONDS",
        defaultValue = "60",
        description = "Longest time without any row done; default ${DEFAULT-VALUE}.")
    private int giveUpAfterSeconds;

    ImportSettings settings() {
      return ImportSettings.defaults(Duration.ofSeconds(giveUpAfterSeconds));
    }

    Open open() throws IOException {
      List<String> all =
          targets.isEmpty() ? Targets.of(stack.dataDirectory, ServerKind.WRITE_SERVER) : targets;
      return new Open(all.stream().map(Clients::failingFast).toList());
    }

    /** Channels to them. */
    record Open(List<ManagedChannel> channels) implements AutoCloseable {
      @Override
      public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        try {
          for (ManagedChannel channel : channels) {
            channel.awaitTermination(1, TimeUnit.SECONDS);
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  /** Which import. */
  static final class Which {

    @Parameters(
        paramLabel = "ID|FILE",
        description = "The import's id, or the file that was imported.")
    private String idOrFile = "";

    String importId() throws IOException {
      Path file = Path.of(idOrFile);
      return Files.isRegularFile(file) ? BulkImport.idOf(file) : idOrFile;
    }
  }

  /** Tells how far an import is. */
  @Command(
      name = "status",
      description = "Tells how far an --async import is, and which rows were rejected.",
      footer = "Exit codes: 0 it runs or is complete, 1 it is unknown or was cancelled.")
  static final class Status implements Callable<Integer> {

    private static final Duration POLL = Duration.ofMillis(500);

    @Spec private @Nullable CommandSpec spec;

    @Mixin private Servers servers = new Servers();

    @Mixin private Which which = new Which();

    @Option(names = "--follow", description = "Wait until it has ended.")
    private boolean follow;

    @Option(
        names = "--json",
        description = "One line for each rejected row, and at the end one object.")
    private boolean json;

    @Option(
        names = "--rejects",
        paramLabel = "CSV",
        description = "File to write all rejected rows to.")
    private @Nullable Path rejects;

    @Override
    public Integer call() throws Exception {
      CommandLine line = Objects.requireNonNull(spec).commandLine();
      String importId = which.importId();
      try (Servers.Open open = servers.open()) {
        Import now =
            new BulkImport(open.channels(), servers.settings(), ImportListener.SILENT)
                .find(importId)
                .orElse(null);
        if (now == null) {
          line.getErr().println("there is no import " + importId);
          return 1;
        }
        try (ImportReport report = new ImportReport(line.getOut(), json, rejects, now.getRows())) {
          BulkImport bulk = new BulkImport(open.channels(), servers.settings(), report);
          while (follow && !now.hasEndTime()) {
            report.advanced(now.getAccepted() + now.getRejected());
            Thread.sleep(POLL);
            now = bulk.find(importId).orElseThrow();
          }
          bulk.rejections(importId);
          report.end(now);
          return now.getState() == ImportState.IMPORT_STATE_CANCELLED ? 1 : 0;
        }
      }
    }
  }

  /** Lists imports. */
  @Command(
      name = "list",
      description =
          "Lists --async imports, the newest first: those that have not ended, and those that ended"
              + " up to 30 days ago.")
  static final class Imports implements Callable<Integer> {

    @Spec private @Nullable CommandSpec spec;

    @Mixin private Servers servers = new Servers();

    @Option(names = "--json", description = "One object for each import.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
      CommandLine line = Objects.requireNonNull(spec).commandLine();
      try (Servers.Open open = servers.open()) {
        new BulkImport(open.channels(), servers.settings(), ImportListener.SILENT)
            .list(found -> line.getOut().println(ImportReport.line(found, json)));
      }
      line.getOut().flush();
      return 0;
    }
  }

  /** Ends an import. */
  @Command(name = "cancel", description = "Ends an --async import; what was executed stays.")
  static final class Cancel implements Callable<Integer> {

    @Spec private @Nullable CommandSpec spec;

    @Mixin private Servers servers = new Servers();

    @Mixin private Which which = new Which();

    @Option(names = "--json", description = "One object.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
      CommandLine line = Objects.requireNonNull(spec).commandLine();
      try (Servers.Open open = servers.open();
          ImportReport report = new ImportReport(line.getOut(), json, null, 0)) {
        BulkImport bulk = new BulkImport(open.channels(), servers.settings(), report);
        Import now = bulk.cancel(which.importId());
        report.end(now);
        return now.getState() == ImportState.IMPORT_STATE_CANCELLED ? 0 : 1;
      }
    }
  }
}
