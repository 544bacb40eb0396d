package com.gyroscops.payments.cli;

import java.io.Console;

/** Whether somebody watches, who is shown a bar and not lines. */
final class Terminal {

  private Terminal() {}

  @SuppressWarnings("SystemConsoleNull") // True of JDK 22 to 24 alone.
  static boolean isThere() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }
}
