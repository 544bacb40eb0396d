package com.gyroscops.payments.cli;

/** Steps that Ctrl-C has this program take before it ends. */
final class ShutdownHooks {

  private ShutdownHooks() {}

  /** Has {@code step} run when the program is told to end. */
  static Thread add(String name, Runnable step) {
    Thread hook = new Thread(step, name);
    Runtime.getRuntime().addShutdownHook(hook);
    return hook;
  }

  /** Takes a step back, unless the program is ending already and the step under way. */
  static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // Ending: it cannot be taken back, and need not be.
    }
  }
}
