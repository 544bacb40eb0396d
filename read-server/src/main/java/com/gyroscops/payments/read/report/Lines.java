package com.gyroscops.payments.read.report;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.gyroscops.payments.v1.ReportFormat;
import com.gyroscops.payments.v1.ReportSpecification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.commons.csv.CSVFormat;

/** How the rows of a report are written. For concurrent use. */
sealed interface Lines {

  /** What the file starts with. */
  String header();

  /** A row, with the end of its line. */
  String of(Message row);

  /** The lines of a report. */
  static Lines of(ReportSpecification specification) {
    return specification.getFormat() == ReportFormat.REPORT_FORMAT_CSV
        ? new Csv(Columns.of(specification))
        : new Json();
  }

  /** ProtoJSON. */
  record Json() implements Lines {

    private static final JsonFormat.Printer PRINTER =
        JsonFormat.printer()
            .omittingInsignificantWhitespace()
            .preservingProtoFieldNames()
            .sortingMapKeys();

    @Override
    public String header() {
      return "";
    }

    @Override
    public String of(Message row) {
      return text(row) + "\n";
    }

    static String text(Message message) {
      try {
        return PRINTER.print(message);
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("only an Any of an unknown type cannot be written", e);
      }
    }
  }

  /** CSV by RFC 4180, made harmless for spreadsheets. */
  record Csv(List<Columns.Column> columns) implements Lines {

    /**
     * A cell that starts with one of these may be taken for a formula, or for one made harmless.
     */
    private static final String HARMFUL = "=+-@'\t\r\n\0";

    @Override
    public String header() {
      return line(columns.stream().map(Columns.Column::name).toList());
    }

    @Override
    public String of(Message row) {
      return line(columns.stream().map(column -> harmless(column.value().apply(row))).toList());
    }

    private static String harmless(String value) {
      return !value.isEmpty() && HARMFUL.indexOf(value.charAt(0)) >= 0 ? "'" + value : value;
    }

    private static String line(List<String> cells) {
      StringBuilder line = new StringBuilder();
      try {
        CSVFormat.RFC4180.printRecord(line, cells.toArray());
      } catch (IOException e) {
        throw new UncheckedIOException("writing to memory does not fail", e);
      }
      return line.toString();
    }
  }
}
