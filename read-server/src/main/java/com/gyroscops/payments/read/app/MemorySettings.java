package com.gyroscops.payments.read.app;

import io.micronaut.context.annotation.ConfigurationProperties;
import java.nio.file.Path;

/**
 * What a replica is told about its memory source.
 *
 * @param paymentsMax most payments it holds; with more it withdraws; 0: there is no such source
 * @param folder where its files lie, in a folder of this process's own; empty: with the system's
 *     temporary files
 */
@ConfigurationProperties("memory")
record MemorySettings(int paymentsMax, String folder) {

  /** The folder that the source makes its own below. */
  Path sharedFolder() {
    return folder.isBlank()
        ? Path.of(System.getProperty("java.io.tmpdir"), "payments-read-memory")
        : Path.of(folder);
  }
}
