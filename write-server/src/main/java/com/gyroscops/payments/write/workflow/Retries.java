package com.gyroscops.payments.write.workflow;

import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import java.time.Duration;

/** How activities are tried again. */
final class Retries {

  /** Longest time one attempt may take: twice what the stores' time-outs allow. */
  static final Duration ATTEMPT_MAX = Duration.ofSeconds(30);

  static final RetryOptions OPTIONS =
      RetryOptions.newBuilder()
          .setInitialInterval(Duration.ofMillis(100))
          .setBackoffCoefficient(2)
          .setMaximumInterval(Duration.ofSeconds(10))
          .build();

  /** For what must be done in the end, however long that takes. */
  static final ActivityOptions UNTIL_DONE =
      ActivityOptions.newBuilder()
          .setStartToCloseTimeout(ATTEMPT_MAX)
          .setRetryOptions(OPTIONS)
          .build();

  private Retries() {}
}
