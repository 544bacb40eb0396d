package com.gyroscops.payments.stack;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What runs, as the supervisor sees it.
 *
 * @param aheadOfTime how it is about caches of the JVM: {@code trained}, {@code training}, {@code
 *     none}, or {@code none:} with the reason; null from a supervisor of before
 */
public record StackView(StackPlan plan, List<Part> parts, @Nullable String aheadOfTime) {

  /**
   * One process of the stack.
   *
   * @param state {@code running}, {@code stopped} or {@code ended with code N}
   * @param grpcPort 0: none; likewise the others
   * @param port of an engine
   * @param restarts how often it was started again after it had ended by itself
   * @param aheadOfTime whether it is a server that runs with an ahead-of-time cache
   */
  public record Part(
      String name,
      long pid,
      String state,
      int grpcPort,
      int internalPort,
      int httpPort,
      int port,
      int restarts,
      boolean aheadOfTime) {

    /** Whether the process is there. */
    public boolean isRunning() {
      return state.equals("running");
    }
  }
}
