package com.gyroscops.payments.read.app;

import com.gyroscops.payments.platform.config.DatabaseAccess;
import com.gyroscops.payments.platform.config.Environment;
import com.gyroscops.payments.platform.config.NotStartedException;
import io.micronaut.context.env.PropertySource;
import io.micronaut.context.exceptions.BeanInstantiationException;
import io.micronaut.runtime.Micronaut;
import io.micronaut.runtime.exceptions.ApplicationStartupException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** The read-server as a process; configured by its environment, see {@link ReadVariables}. */
public final class ReadServer {

  private static final Logger LOG = LoggerFactory.getLogger(ReadServer.class);

  private ReadServer() {}

  /**
   * Runs until SIGTERM, then drains; with {@code --help}, prints the variables that it reads.
   * Starts without any of its stores; but a database that refuses it is told like all else that
   * keeps it from starting: in one line, with {@link NotStartedException#exitCode}.
   */
  public static void main(String[] args) {
    if (List.of(args).equals(List.of("--help"))) {
      System.out.print(ReadVariables.all().table());
      return;
    }
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    try {
      Environment environment = Environment.of(ReadVariables.all(), System.getenv());
      environment.requireFreePorts();
      Optional<String> away = new DatabaseAccess(environment, "READ_DATABASE").away();
      away.ifPresent(why -> LOG.warn("starting without the sql source: {}", why));
      start(environment, args);
    } catch (NotStartedException e) {
      LOG.error("not started: {}", e.getMessage());
      System.exit(e.exitCode());
    }
  }

  private static void start(Environment environment, String[] args) throws NotStartedException {
    try {
      Micronaut.build(args)
          .mainClass(ReadServer.class)
          .banner(false)
          // Thrown, to be told below.
          .mapError(BeanInstantiationException.class, _ -> 0)
          // Where it runs is not guessed from the network.
          .deduceEnvironment(false)
          .deduceCloudEnvironment(false)
          .propertySources(PropertySource.of("environment", environment.settings()))
          .start();
    } catch (ApplicationStartupException e) {
      Optional<NotStartedException> settings = NotStartedException.ofSettings(e);
      if (settings.isPresent()) {
        throw settings.get();
      }
      LOG.error("not started", e);
      System.exit(1);
    }
  }
}
