package com.gyroscops.payments.read.report;

/** A chunk's file is not there, or not as it was written. */
final class FileLostException extends Exception {

  private static final long serialVersionUID = 1L;

  FileLostException(String message) {
    super(message);
  }
}
