package com.gyroscops.payments.cli;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.gyroscops.payments.cli.imports.BulkImport;
import com.gyroscops.payments.cli.imports.ImportListener;
import com.gyroscops.payments.cli.imports.ImportResult;
import com.gyroscops.payments.cli.imports.RowRejection;
import com.gyroscops.payments.v1.Import;
import com.gyroscops.payments.v1.ImportState;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
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

  /** Lines of rows that were known before. */
  private final BitSet knownLines = new BitSet();

  private long lineNanos = startNanos;
  private String lastTrouble = "";

  /**
   * @param rowsAbout what the bar counts up to
   */
  ImportReport(PrintWriter out, boolean json, @Nullable Path rejectsFile, long rowsAbout)
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
                .setInitialMax(rowsAbout)
                .showSpeed()
                .build()
            : null;
  }

  /** Lines less the header; quoted line breaks make it too many. */
  static long rowsAbout(Path file) throws IOException {
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
      if (rejection.line() > 0) {
        line.addProperty("line", rejection.line());
      }
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
  public void known(long line) {
    knownLines.set(Math.toIntExact(line));
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

  /** Prints the result of an import that this program carried out. */
  void end(ImportResult result) {
    JsonObject line = new JsonObject();
    line.addProperty("rows", result.rows());
    line.addProperty("accepted", result.accepted());
    line.addProperty("rejected", result.rejected());
    line.addProperty("replayed", result.replayed());
    line.addProperty("known", result.known());
    line.add("known_lines", JSON.toJsonTree(knownLines(Integer.MAX_VALUE)));
    line.addProperty("seconds", Math.round(seconds() * 1000) / 1000.0);
    line.addProperty("complete", result.complete());
    end(
        result.rejected(),
        line,
        String.format(
            Locale.ROOT,
            "%d rows in %.1f s: %d accepted, %d rejected; %d of them answered from storage%s%s",
            result.rows(),
            seconds(),
            result.accepted(),
            result.rejected(),
            result.replayed(),
            knownRows(result.known()),
            result.complete() ? "" : ". NOT complete: run the same import again"));
  }

  private String knownRows(long rows) {
    if (rows == 0) {
      return "";
    }
    List<String> lines = knownLines(SHOWN_MAX + 1);
    boolean all = lines.size() <= SHOWN_MAX;
    return String.format(
        Locale.ROOT,
        "%n%d known from an earlier import, of this file or another, on lines %s%s",
        rows,
        String.join(", ", lines.subList(0, Math.min(lines.size(), SHOWN_MAX))),
        all ? "" : ", ... (--json gives all)");
  }

  /** The first lines of rows that were known, those that follow one another as "7-12". */
  private List<String> knownLines(int max) {
    List<String> lines = new ArrayList<>();
    for (int from = knownLines.nextSetBit(0); from >= 0 && lines.size() < max; ) {
      int end = knownLines.nextClearBit(from);
      lines.add(end == from + 1 ? String.valueOf(from) : from + "-" + (end - 1));
      from = knownLines.nextSetBit(end);
    }
    return lines;
  }

  /** Prints what was uploaded. */
  void end(BulkImport.Uploaded uploaded) {
    Import started = uploaded.started();
    JsonObject line = json(started);
    line.addProperty("unusable", uploaded.unusable());
    end(
        uploaded.unusable(),
        line,
        String.format(
            Locale.ROOT,
            "import %s is %s: %d rows uploaded in %.1f s, %d are wrong and were left out%n"
                + "it goes on by itself; see ./payments import status %s",
            started.getImportId(),
            state(started),
            started.getRows(),
            seconds(),
            uploaded.unusable(),
            started.getImportId()));
  }

  /** Prints how far an import is. */
  void end(Import now) {
    end(now.getRejected(), json(now), text(now));
  }

  /** How far an import is, in one line. */
  static String line(Import now, boolean json) {
    return json ? JSON.toJson(json(now)) : text(now);
  }

  private static String text(Import now) {
    return String.format(
        Locale.ROOT,
        "import %s is %s: of %d rows, %d accepted, %d rejected; %d of them answered from storage",
        now.getImportId(),
        state(now),
        now.getRows(),
        now.getAccepted(),
        now.getRejected(),
        now.getReplayed());
  }

  private static JsonObject json(Import now) {
    JsonObject line = new JsonObject();
    line.addProperty("import_id", now.getImportId());
    line.addProperty("owner", now.getOwner());
    line.addProperty("actor", now.getActor());
    line.addProperty("state", state(now));
    line.addProperty("rows", now.getRows());
    line.addProperty("accepted", now.getAccepted());
    line.addProperty("rejected", now.getRejected());
    line.addProperty("replayed", now.getReplayed());
    line.addProperty("complete", now.getState() == ImportState.IMPORT_STATE_COMPLETED);
    return line;
  }

  private static String state(Import now) {
    return now.getState().name().replace("IMPORT_STATE_", "");
  }

  private void end(long rejected, JsonObject last, String summary) {
    if (bar != null) {
      bar.close();
    }
    if (json) {
      out.println(JSON.toJson(last));
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
    if (rejected > shown.size()) {
      out.printf(
          Locale.ROOT,
          "... and %d more rejected rows%s%n",
          rejected - shown.size(),
          rejectsFile == null ? "; --rejects FILE or --json gives all" : "");
    }
    out.println(summary);
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
