package com.gyroscops.payments.cli.imports;

import com.gyroscops.payments.v1.Command;

/** A row of a file, read. */
public sealed interface ImportRow {

  /** A payment's identity. */
  record PaymentKey(String organization, String payment) {}

  /** A row that makes a command. */
  record Sendable(long row, long line, String name, PaymentKey key, Command command)
      implements ImportRow {

    RowRejection rejected(String field, String reason, String message) {
      return new RowRejection(
          row, line, name, key.organization(), key.payment(), field, reason, message);
    }
  }

  /** A row that makes none. */
  record Unusable(RowRejection rejection) implements ImportRow {}
}
