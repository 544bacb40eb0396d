package com.gyroscops.payments.write.command;

import com.gyroscops.payments.write.eventstore.EventStore;
import java.time.Clock;
import java.util.UUID;

/** Batchers for tests, by the system's clock, whose callers hear of the outcome at once. */
public final class Batchers {

  private Batchers() {}

  /**
   * A batcher, which the caller closes.
   *
   * @param queueMax most commands that wait
   */
  public static CommandBatcher on(EventStore store, int queueMax) {
    return new CommandBatcher(
        store, (_, _) -> {}, Clock.systemUTC(), UUID::randomUUID, Runnable::run, _ -> {}, queueMax);
  }
}
