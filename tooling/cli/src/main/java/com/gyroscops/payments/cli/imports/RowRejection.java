package com.gyroscops.payments.cli.imports;

/**
 * A row that changed nothing, and why.
 *
 * @param row of data, from 1, the header not counted
 * @param line of the file on which the row begins or ends, from 1
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
    String message) {}
