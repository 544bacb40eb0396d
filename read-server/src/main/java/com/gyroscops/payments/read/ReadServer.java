package com.gyroscops.payments.read;

import io.micronaut.runtime.Micronaut;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The read-server as a process; configured by its environment, see {@code application.properties}.
 */
public final class ReadServer {

  private ReadServer() {}

  public static void main(String[] args) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    Micronaut.build(args)
        .mainClass(ReadServer.class)
        .banner(false)
        // Where it runs is not guessed from the network.
        .deduceEnvironment(false)
        .deduceCloudEnvironment(false)
        .start();
  }
}
