package com.gyroscops.payments.cli.stack;

import java.util.List;

/** What runs, as the supervisor sees it. */
public record StackView(StackPlan plan, List<Part> parts) {

  /**
   * One process of the stack.
   *
   * @param state {@code running}, {@code stopped} or {@code ended with code N}
   * @param grpcPort 0: none; likewise the others
   * @param port of an engine
   */
  public record Part(
      String name, long pid, String state, int grpcPort, int internalPort, int httpPort, int port) {

    /** Whether the process is there. */
    public boolean isRunning() {
      return state.equals("running");
    }
  }
}
