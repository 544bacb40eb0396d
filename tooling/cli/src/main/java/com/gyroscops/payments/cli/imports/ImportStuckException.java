package com.gyroscops.payments.cli.imports;

/** An import that cannot go on. What it did stays; the same import may be run again. */
public final class ImportStuckException extends Exception {
  private static final long serialVersionUID = 1;

  ImportStuckException(String message) {
    super(message);
  }
}
