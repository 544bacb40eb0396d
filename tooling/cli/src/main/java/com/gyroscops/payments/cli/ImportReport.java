package com.gyroscops.payments.cli;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.gyroscops.payments.cli.imports.ImportListener;
import com.gyroscops.payments.cli.imports.ImportResult;
import com.gyroscops.payments.cli.imports.RowRejection;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.TreeSet;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.jspecify.annotations.Nullable;

/**
 * What an import says: progress on the standard error, a bar if that is a terminal; results on the
 * standard output.
 */
final class ImportReport implements ImportListener, AutoCloseable {

  private static final int SHOWN_MAX = 20;
  private static final long LINE_EVERY_NANOS = 5_000_000_000L;
  private static final Gson JSON = new Gson();

  private final PrintWriter out;
  private final boolean json;
  private final long startNanos = System.nanoTime();
  private final @Nullable ProgressBar bar;
  private final @Nullable CSVPrinter rejects;
  private final @Nullable Path rejectsFile;

  /** The first of the file's, whatever the order of decisions. */
  private final TreeSet<RowRejection> shown =
      new TreeSet<>(Comparator.comparingLong(RowRejection::row));

  private long lineNanos = startNanos;
  private String lastTrouble = "";

  ImportReport(PrintWriter out, boolean json, @Nullable Path rejectsFile, Path file)
      throws IOException {
    this.out = out;
    this.json = json;
    this.rejectsFile = rejectsFile;
    this.rejects =
        rejectsFile == null
            ? null
            : new CSVPrinter(
                Files.newBufferedWriter(rejectsFile),
                CSVFormat.DEFAULT
                    .builder()
                    .setHeader(
                        "row",
                        "line",
                        "command",
                        "organization_id",
                        "payment_id",
                        "field",
                        "reason",
                        "message")
                    .get());
    this.bar =
        Terminal.isThere()
            ? new ProgressBarBuilder()
                .setTaskName("import")
                .setUnit(" rows", 1)
                .setInitialMax(rowsAbout(file))
                .showSpeed()
                .build()
            : null;
  }

  /** Lines less the header; quoted line breaks make it too many. */
  private static long rowsAbout(Path file) throws IOException {
    long lines = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      for (int b = in.read(); b >= 0; b = in.read()) {
        if (b == '\n') {
          lines++;
        }
      }
    }
    return Math.max(0, lines - 1);
  }

  @Override
  public void rejected(RowRejection rejection) {
    if (json) {
      JsonObject line = new JsonObject();
      line.addProperty("row", rejection.row());
      line.addProperty("line", rejection.line());
      line.addProperty("command", rejection.command());
      line.addProperty("organization_id", rejection.organization());
      line.addProperty("payment_id", rejection.payment());
      line.addProperty("field", rejection.field());
      line.addProperty("reason", rejection.reason());
      line.addProperty("message", rejection.message());
      out.println(JSON.toJson(line));
    }
    shown.add(rejection);
    if (shown.size() > SHOWN_MAX) {
      shown.pollLast();
    }
    if (rejects != null) {
      try {
        rejects.printRecord(
            rejection.row(),
            rejection.line(),
            rejection.command(),
            rejection.organization(),
            rejection.payment(),
            rejection.field(),
            rejection.reason(),
            rejection.message());
      } catch (IOException e) {
        throw new UncheckedIOException("rejected rows cannot be written to " + rejectsFile, e);
      }
    }
  }

  @Override
  public void advanced(long rows) {
    if (bar != null) {
      bar.stepTo(rows);
    } else if (System.nanoTime() - lineNanos > LINE_EVERY_NANOS) {
      lineNanos = System.nanoTime();
      System.err.printf(Locale.ROOT, "%d rows after %.0f s%n", rows, seconds());
    }
  }

  @Override
  public void troubled(String what) {
    if (!what.equals(lastTrouble)) {
      lastTrouble = what;
      System.err.println("trying again: " + what);
    }
  }

  /** Prints the result. */
  void end(ImportResult result) {
    if (bar != null) {
      bar.close();
    }
    if (json) {
      JsonObject line = new JsonObject();
      line.addProperty("rows", result.rows());
      line.addProperty("accepted", result.accepted());
      line.addProperty("rejected", result.rejected());
      line.addProperty("replayed", result.replayed());
      line.addProperty("seconds", Math.round(seconds() * 1000) / 1000.0);
      line.addProperty("complete", result.complete());
      out.println(JSON.toJson(line));
      out.flush();
      return;
    }
    for (RowRejection rejection : shown) {
      boolean named =
          rejection.field().isEmpty() || rejection.message().startsWith(rejection.field());
      String field = named ? "" : " " + rejection.field();
      out.printf(
          Locale.ROOT,
          "row %d (%s %s/%s): %s%s: %s%n",
          rejection.row(),
          rejection.command(),
          rejection.organization(),
          rejection.payment(),
          rejection.reason(),
          field,
          rejection.message());
    }
    if (result.rejected() > shown.size()) {
      out.printf(
          Locale.ROOT,
          "... and %d more rejected rows%s%n",
          result.rejected() - shown.size(),
          rejectsFile == null ? "; --rejects FILE or --json gives all" : "");
    }
    out.printf(
        Locale.ROOT,
        "%d rows in %.1f s: %d accepted, %d rejected; %d of them answered from storage%s%n",
        result.rows(),
        seconds(),
        result.accepted(),
        result.rejected(),
        result.replayed(),
        result.complete() ? "" : ". NOT complete: run the same import again");
    if (rejectsFile != null) {
      out.println("rejected rows are in " + rejectsFile);
    }
    out.flush();
  }

  private double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  @Override
  public void close() throws IOException {
    if (rejects != null) {
      rejects.close();
    }
  }
}
