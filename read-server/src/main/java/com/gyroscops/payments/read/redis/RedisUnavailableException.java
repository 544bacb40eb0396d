package com.gyroscops.payments.read.redis;

/**
 * Redis did not do what it was asked to: it is away, too slow, being loaded, full, or a replica.
 * Whether it did it nevertheless is unknown; trying again later can succeed.
 */
public final class RedisUnavailableException extends Exception {

  private static final long serialVersionUID = 1L;

  public RedisUnavailableException(String message) {
    super(message);
  }

  public RedisUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
