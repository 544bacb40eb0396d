package com.gyroscops.payments.cli.imports;

import com.gyroscops.payments.cli.imports.ImportRow.PaymentKey;
import com.gyroscops.payments.cli.imports.ImportRow.Sendable;
import com.gyroscops.payments.cli.imports.ImportRow.Unusable;
import com.gyroscops.payments.contract.ApiError.FieldViolation;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.Command;
import java.io.IOException;
import java.io.PushbackReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;

/**
 * The rows of a CSV file with a header, UTF-8, in order. Columns may stand in any order; unknown
 * ones are ignored. A row that is wrong is an element like any other; only a file that cannot be
 * read on ends the iteration, by an {@link UncheckedIOException}.
 */
public final class CommandFile implements Iterator<ImportRow>, AutoCloseable {

  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final char NOT_UTF_8 = '\uFFFD';

  private final CSVParser parser;
  private final Iterator<CSVRecord> records;
  private final RequestIds requestIds = new RequestIds();

  private CommandFile(CSVParser parser) {
    this.parser = parser;
    this.records = parser.iterator();
  }

  /**
   * Opens a file.
   *
   * @throws IOException if it cannot be read, or its header lacks a column that every row needs
   */
  public static CommandFile open(Path file) throws IOException {
    // Bytes that are not UTF-8 become U+FFFD, so that they cost their row and not the whole file.
    Reader reader =
        new java.io.BufferedReader(
            new java.io.InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8));
    return read(reader);
  }

  /**
   * Reads what {@code reader} gives, and closes it.
   *
   * @throws IOException if its header lacks a column that every row needs
   */
  public static CommandFile read(Reader reader) throws IOException {
    CSVFormat format =
        CSVFormat.DEFAULT
            .builder()
            .setHeader()
            .setSkipHeaderRecord(true)
            .setIgnoreHeaderCase(true)
            .setIgnoreSurroundingSpaces(true)
            .setDuplicateHeaderMode(DuplicateHeaderMode.DISALLOW)
            .get();
    try {
      CSVParser parser =
          CSVParser.builder().setReader(withoutByteOrderMark(reader)).setFormat(format).get();
      for (String column : RowCommands.REQUIRED_COLUMNS) {
        if (!parser.getHeaderMap().containsKey(column)) {
          parser.close();
          throw new IOException("the header has no column " + column + ": not a command file");
        }
      }
      return new CommandFile(parser);
    } catch (IllegalArgumentException e) {
      reader.close();
      throw new IOException("the header is wrong: " + e.getMessage(), e);
    }
  }

  private static Reader withoutByteOrderMark(Reader reader) throws IOException {
    PushbackReader pushback = new PushbackReader(reader);
    int first = pushback.read();
    if (first >= 0 && first != BYTE_ORDER_MARK) {
      pushback.unread(first);
    }
    return pushback;
  }

  @Override
  public boolean hasNext() {
    try {
      return records.hasNext();
    } catch (UncheckedIOException e) {
      IOException cause = Objects.requireNonNull(e.getCause());
      throw new UncheckedIOException(unreadable(cause), cause);
    }
  }

  @Override
  public ImportRow next() {
    return row(records.next());
  }

  private String unreadable(IOException e) {
    String why = e instanceof CSVException ? "it is not CSV" : "it cannot be read";
    return "line " + parser.getCurrentLineNumber() + ": " + why + ": " + e.getMessage();
  }

  private ImportRow row(CSVRecord record) {
    CanonicalRow values =
        new CanonicalRow(column -> record.isSet(column) ? record.get(column) : "");
    RequestIds.Offered offered = requestIds.offer(values.identity());
    String chosen = values.value(CanonicalRow.REQUEST_ID);
    Violations violations = new Violations();
    violations.require(
        record.isConsistent(),
        "",
        "has " + record.size() + " columns where the header names " + parser.getHeaderMap().size());
    Command command =
        violations.isEmpty()
            ? RowCommands.command(values, chosen.isEmpty() ? offered.id() : chosen, violations)
            : Command.getDefaultInstance();
    for (String column : CanonicalRow.COLUMNS) {
      violations.require(values.value(column).indexOf(NOT_UTF_8) < 0, column, "is not UTF-8");
    }
    PaymentKey key = new PaymentKey(values.value("organization_id"), values.value("payment_id"));
    Sendable row =
        new Sendable(
            record.getRecordNumber(),
            parser.getCurrentLineNumber(),
            values.value("command"),
            key,
            command);
    if (!violations.isEmpty()) {
      return new Unusable(rejection(row, violations.found()));
    }
    if (chosen.isEmpty()) {
      requestIds.take(offered);
    }
    return row;
  }

  private static RowRejection rejection(Sendable row, List<FieldViolation> found) {
    FieldViolation first = found.getFirst();
    List<String> all = new ArrayList<>();
    found.forEach(
        violation -> all.add((violation.field() + " " + violation.description()).strip()));
    return row.rejected(first.field(), "FIELD_INVALID", String.join("; ", all));
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }
}
