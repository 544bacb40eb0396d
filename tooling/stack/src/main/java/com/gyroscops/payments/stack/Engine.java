package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.engine.LocalOpenSearch;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.gyroscops.payments.stack.engine.LocalRedis;
import com.gyroscops.payments.stack.engine.LocalTemporal;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** An engine that a stack runs for its servers, as a process of its own. */
public enum Engine {
  POSTGRESQL("postgresql"),
  REDIS("redis"),
  OPENSEARCH("opensearch"),
  TEMPORAL("temporal");

  private final String label;

  Engine(String label) {
    this.label = label;
  }

  /** The engine of a name; empty if it is a server's. */
  public static Optional<Engine> of(String label) {
    return Arrays.stream(values()).filter(engine -> engine.label.equals(label)).findFirst();
  }

  /** Its name: that of its component and its log. */
  public String label() {
    return label;
  }

  /** Whether it runs in a JVM. */
  boolean isJvm() {
    return switch (this) {
      case OPENSEARCH, TEMPORAL -> true;
      case POSTGRESQL, REDIS -> false;
    };
  }

  /** How clients reach it, for people. */
  public String address(int port) {
    return switch (this) {
      case POSTGRESQL -> "127.0.0.1:" + port + "  user postgres, no password";
      case REDIS -> "redis://127.0.0.1:" + port;
      case OPENSEARCH -> "http://127.0.0.1:" + port;
      case TEMPORAL -> "127.0.0.1:" + port;
    };
  }

  /**
   * Stops what a supervisor that was killed left running; the data stays.
   *
   * @return whether anything ran
   */
  boolean stopLeftOver(StackFolder folder) throws IOException {
    return switch (this) {
      case POSTGRESQL -> LocalPostgres.stopLeftOver(folder.postgres());
      case REDIS -> LocalRedis.stopLeftOver(folder.redis());
      case OPENSEARCH -> LocalOpenSearch.stopLeftOver(folder.search());
      case TEMPORAL -> LocalTemporal.stopLeftOver(folder.temporal());
    };
  }
}
