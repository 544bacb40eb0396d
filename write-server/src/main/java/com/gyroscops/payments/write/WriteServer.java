package com.gyroscops.payments.write;

import io.micronaut.runtime.Micronaut;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Starts the write-server; everything it needs to know is in the environment. */
public final class WriteServer {

  private WriteServer() {}

  /** Runs until SIGTERM, then drains. */
  public static void main(String[] arguments) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    Micronaut.build(arguments).banner(false).mainClass(WriteServer.class).start();
  }
}
