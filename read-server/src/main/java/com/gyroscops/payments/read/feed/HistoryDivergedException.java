package com.gyroscops.payments.read.feed;

/** The log's history is not the one that the subscriber has applied: it must start over. */
public final class HistoryDivergedException extends Exception {

  private static final long serialVersionUID = 1L;

  public HistoryDivergedException(String message) {
    super(message);
  }
}
