package com.gyroscops.payments.read;

import static com.gyroscops.payments.testing.Eventually.eventually;

import com.gyroscops.payments.contract.ApiError;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Asks as clients do: NO_FRESH_SOURCE, which a replica may say while its sources are behind for
 * longer than a question waits, is asked again.
 */
public final class UntilFresh {

  private static final Duration MAX = Duration.ofMinutes(1);

  private UntilFresh() {}

  /** What is answered, or thrown for any other reason. */
  public static <T> T untilFresh(Callable<T> question) {
    AtomicReference<@Nullable T> answer = new AtomicReference<>();
    eventually(
        "a source is fresh enough",
        MAX,
        () -> {
          try {
            answer.set(question.call());
            return true;
          } catch (StatusRuntimeException e) {
            if (ApiError.from(e).map(ApiError::reason).orElse("").equals("NO_FRESH_SOURCE")) {
              return false;
            }
            throw e;
          }
        });
    return Objects.requireNonNull(answer.get());
  }
}
