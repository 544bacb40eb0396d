package com.gyroscops.payments.read.redis;

/**
 * Redis did not do what it was asked to: it is away, too slow, being loaded, full, or a replica.
 * Whether it did it nevertheless is unknown; trying again later can succeed.
 */
public final class RedisAwayException extends Exception {

  private static final long serialVersionUID = 1L;

  public RedisAwayException(String message) {
    super(message);
  }

  public RedisAwayException(String message, Throwable cause) {
    super(message, cause);
  }
}
