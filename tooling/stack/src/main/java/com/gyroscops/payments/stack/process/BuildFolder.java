package com.gyroscops.payments.stack.process;

import java.nio.file.Path;

/**
 * Where modules of a checkout were built: in {@code target} of each by {@code ./mvnw}, which checks
 * what it compiles; in {@code target/run} by {@code ./payments}, which says so by a property.
 */
public final class BuildFolder {

  private static final String PROPERTY = "payments.build";

  private BuildFolder() {}

  /** The one of a module. */
  public static Path of(Path module) {
    return module.resolve(System.getProperty(PROPERTY, "target"));
  }
}
