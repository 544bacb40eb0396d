package com.gyroscops.payments.cli.imports;

import com.gyroscops.payments.v1.CommandError;
import io.grpc.Status;

/**
 * A row that changed nothing, and why.
 *
 * @param row of data, from 1, the header not counted
 * @param line of the file on which the row begins or ends, from 1; 0: not known
 * @param field column, or the server's path of the field at fault; empty if none is
 * @param reason UPPER_SNAKE, the server's or FIELD_INVALID
 */
public record RowRejection(
    long row,
    long line,
    String command,
    String organization,
    String payment,
    String field,
    String reason,
    String message) {

  /** One by the server. */
  static RowRejection of(
      long row,
      long line,
      String command,
      String organization,
      String payment,
      CommandError error) {
    String field =
        error.getViolationsCount() > 0
            ? error.getViolations(0).getField()
            : error.getMetadataOrDefault("field", "");
    String reason =
        error.getReason().isEmpty()
            ? Status.fromCodeValue(error.getCode()).getCode().name()
            : error.getReason();
    return new RowRejection(
        row, line, command, organization, payment, field, reason, error.getMessage());
  }
}
