package com.gyroscops.payments.write;

import io.micronaut.context.exceptions.BeanInstantiationException;
import io.micronaut.runtime.Micronaut;
import io.micronaut.runtime.exceptions.ApplicationStartupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Starts the write-server; everything it needs to know is in the environment. */
public final class WriteServer {

  private static final Logger LOG = LoggerFactory.getLogger(WriteServer.class);

  private WriteServer() {}

  /** Runs until SIGTERM, then drains. Ends with 1 if it cannot start. */
  public static void main(String[] arguments) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    try {
      Micronaut.build(arguments)
          .banner(false)
          .mainClass(WriteServer.class)
          // Thrown, to be told below.
          .mapError(BeanInstantiationException.class, _ -> 0)
          .start();
    } catch (ApplicationStartupException e) {
      Throwable cause = cause(e);
      if (cause instanceof IllegalArgumentException) {
        // A setting that makes no sense: its name and what is wrong say it all.
        LOG.error("not started: {}", cause.getMessage());
      } else {
        LOG.error("not started", e);
      }
      System.exit(1);
    }
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
