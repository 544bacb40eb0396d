package com.gyroscops.payments.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a stack lives. */
final class StackOptions {

  @Option(
      names = "--data-dir",
      paramLabel = "D",
      description = "Folder of data, logs and state; default: .payments in the checkout.")
  Path dataDirectory = checkout().resolve(".payments");

  /** The checkout whose jars are run. */
  static Path checkout() {
    return Path.of(System.getProperty("payments.home", "")).toAbsolutePath().normalize();
  }
}
