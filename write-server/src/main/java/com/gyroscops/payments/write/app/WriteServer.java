package com.gyroscops.payments.write.app;

import com.gyroscops.payments.platform.config.DatabaseAccess;
import com.gyroscops.payments.platform.config.Environment;
import com.gyroscops.payments.platform.config.NotStartedException;
import io.micronaut.context.env.PropertySource;
import io.micronaut.context.exceptions.BeanInstantiationException;
import io.micronaut.runtime.Micronaut;
import io.micronaut.runtime.exceptions.ApplicationStartupException;
import java.util.List;
import java.util.Optional;
import org.postgresql.util.PSQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Starts the write-server; everything it needs to know is in the environment. */
public final class WriteServer {

  private static final Logger LOG = LoggerFactory.getLogger(WriteServer.class);

  /** SQLSTATE of a migration that does not go on with what it finds. */
  private static final String NOT_MIGRATED = "GP010";

  private WriteServer() {}

  /**
   * Runs until SIGTERM, then drains; with {@code --help}, prints the variables that it reads. Waits
   * for its database. Ends with {@link NotStartedException#exitCode} and one line if its
   * environment keeps it from starting, and with 1 if anything else does.
   */
  public static void main(String[] arguments) {
    if (List.of(arguments).equals(List.of("--help"))) {
      System.out.print(WriteVariables.all().table());
      return;
    }
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    try {
      Environment environment = Environment.of(WriteVariables.all(), System.getenv());
      environment.requireFreePorts();
      new DatabaseAccess(environment, "WRITE_DATABASE").await(LOG::warn);
      start(environment, arguments);
    } catch (NotStartedException e) {
      LOG.error("not started: {}", e.getMessage());
      System.exit(e.exitCode());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void start(Environment environment, String[] arguments)
      throws NotStartedException {
    try {
      Micronaut.build(arguments)
          .banner(false)
          .mainClass(WriteServer.class)
          .propertySources(PropertySource.of("environment", environment.settings()))
          // Thrown, to be told below.
          .mapError(BeanInstantiationException.class, _ -> 0)
          .start();
    } catch (ApplicationStartupException e) {
      Optional<NotStartedException> settings = NotStartedException.ofSettings(e);
      if (settings.isPresent()) {
        throw settings.get();
      }
      if (NotStartedException.root(e) instanceof PSQLException refused
          && NOT_MIGRATED.equals(refused.getSQLState())
          && refused.getServerErrorMessage() != null) {
        LOG.error("not started: {}", refused.getServerErrorMessage().getMessage());
        System.exit(NotStartedException.MISCONFIGURED);
      }
      LOG.error("not started", e);
      System.exit(1);
    }
  }
}
