package com.gyroscops.payments.read.feed;

/** No server of the feed answers; trying again later can succeed. */
public final class FeedUnavailableException extends Exception {

  private static final long serialVersionUID = 1L;

  public FeedUnavailableException(String message) {
    super(message);
  }

  public FeedUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
