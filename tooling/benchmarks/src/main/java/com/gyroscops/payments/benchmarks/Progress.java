package com.gyroscops.payments.benchmarks;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;

/** Lines for those who wait, on standard error: standard output is the report's. */
final class Progress {

  private Progress() {}

  @FormatMethod
  static void say(String format, Object... arguments) {
    System.err.println("bench: " + String.format(Locale.ROOT, format, arguments));
  }
}
