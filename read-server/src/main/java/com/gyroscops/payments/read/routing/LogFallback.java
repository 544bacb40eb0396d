package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.read.source.Answer;
import io.grpc.Deadline;

/**
 * A way to an answer from the log itself, where no source gives one.
 *
 * @param <T> type of the data
 */
@FunctionalInterface
public interface LogFallback<T> {

  /**
   * Asks the log. Blocks until it answers, at most until {@code deadline}.
   *
   * @return data with the log's position as of the answer, or {@link Answer.Unavailable}
   */
  Answer<T> ask(Deadline deadline);
}
