package com.gyroscops.payments.read.cache;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A store of bytes by key that all replicas share (L2). It may lose anything at any time. For
 * concurrent use.
 */
public interface L2Store {

  /** The store does not answer; whatever it holds cannot be had now. */
  final class AwayException extends Exception {
    private static final long serialVersionUID = 1L;

    public AwayException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * What was put under a key last; null: nothing is there.
   *
   * @param max longest wait; the end of {@link io.grpc.Context#current()} ends it earlier
   */
  byte @Nullable [] get(byte[] key, Duration max) throws AwayException;

  /** Puts bytes under a key for a time; does not wait for that. Fails if it is not done. */
  CompletionStage<?> put(byte[] key, byte[] value, Duration lifetime);
}
