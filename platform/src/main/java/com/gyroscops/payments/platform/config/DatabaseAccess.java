package com.gyroscops.payments.platform.config;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Consumer;

/**
 * Whether PostgreSQL lets a server into its database. A database that is away may come back, and is
 * waited for; one that answers and refuses will go on refusing until somebody changes something.
 */
public final class DatabaseAccess {

  /** Time between attempts: a database that starts is used about that soon. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** How often who waits says so. */
  private static final Duration NOTICE_EVERY = Duration.ofSeconds(30);

  private static final String CONNECT_SECONDS_MAX = "2";
  private static final String ANSWER_SECONDS_MAX = "5";
  private static final String SSL_ANSWER_MILLIS_MAX = "2000";

  private final Environment environment;
  private final String prefix;

  /**
   * @param prefix of the variables that end in {@code _URL}, {@code _USER} and {@code _PASSWORD}
   */
  public DatabaseAccess(Environment environment, String prefix) {
    this.environment = environment;
    this.prefix = prefix;
  }

  /**
   * Asks for a connection to the primary; takes seven seconds at most for each of the URL's
   * servers.
   *
   * @return empty: it lets the server in; else in a line why the database is away
   * @throws NotStartedException if the database refuses the server
   */
  public Optional<String> away() throws NotStartedException {
    Properties properties = new Properties();
    properties.setProperty("user", environment.value(prefix + "_USER"));
    properties.setProperty("password", environment.value(prefix + "_PASSWORD"));
    properties.setProperty("targetServerType", "primary");
    properties.setProperty("connectTimeout", CONNECT_SECONDS_MAX);
    properties.setProperty("sslResponseTimeout", SSL_ANSWER_MILLIS_MAX);
    properties.setProperty("socketTimeout", ANSWER_SECONDS_MAX);
    String url = environment.value(prefix + "_URL");
    try (Connection connection = DriverManager.getConnection(url, properties)) {
      return connection.isValid(0) ? Optional.empty() : Optional.of(at(url) + " does not answer");
    } catch (SQLException e) {
      String why = firstLine(e) + causeOf(e);
      Optional<String> culprit = culprit(e.getSQLState());
      if (culprit.isPresent()) {
        throw NotStartedException.misconfigured(
            "%s refuses %s: %s".formatted(at(url), culprit.get(), why));
      }
      return Optional.of(at(url) + " does not answer: " + why);
    }
  }

  /**
   * Waits until the database lets the server in, for as long as that takes.
   *
   * @param notice takes a line when the wait begins and every half minute
   * @throws NotStartedException if the database refuses the server
   */
  public void await(Consumer<String> notice) throws NotStartedException, InterruptedException {
    long lastNotice = System.nanoTime() - NOTICE_EVERY.toNanos();
    Optional<String> away = away();
    while (away.isPresent()) {
      if (System.nanoTime() - lastNotice >= NOTICE_EVERY.toNanos()) {
        lastNotice = System.nanoTime();
        notice.accept("waiting: " + away.get());
      }
      Thread.sleep(RETRY);
      away = away();
    }
  }

  private String at(String url) {
    return "the database of %s_URL (%s)".formatted(prefix, Rule.DatabaseUrl.servers(url));
  }

  /**
   * What the database refuses, by SQLSTATE; empty: it is away. Classes 08, 53, 57 and 58 are a lost
   * connection, a lack of resources, an operator's doing, such as a start, and a system's error;
   * 08004 is refused for want of a password.
   */
  private Optional<String> culprit(@org.jspecify.annotations.Nullable String state) {
    if (state == null || state.length() != 5) {
      return Optional.empty();
    }
    return switch (state) {
      case "08004" -> Optional.of(prefix + "_USER without " + prefix + "_PASSWORD");
      case "28P01" -> Optional.of(prefix + "_USER with " + prefix + "_PASSWORD");
      case "28000", "42501" -> Optional.of(prefix + "_USER");
      default ->
          switch (state.substring(0, 2)) {
            case "08", "53", "57", "58" -> Optional.empty();
            default -> Optional.of("what that URL asks for");
          };
    };
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /** The driver does not say why it cannot connect where it does not know the host. */
  private static String causeOf(SQLException e) {
    Throwable cause = e.getCause();
    return cause instanceof java.net.UnknownHostException
        ? " No such host: " + firstLine(cause)
        : "";
  }
}
