package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.platform.jdbc.PrimaryDataSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * Asks the database where the source stands over a connection of its own, which neither waits for
 * the pool nor hangs: every step on the network has a time limit. Not for concurrent use.
 */
public final class SqlProbe implements AutoCloseable {

  /** Longest silence of the database that still counts as an answer, in seconds. */
  private static final String TIMEOUT_SECONDS = "2";

  private final String url;
  private final Properties properties = new Properties();
  private @Nullable Connection connection;

  public SqlProbe(String url, String user, String password) {
    this.url = url;
    PGProperty.USER.set(properties, user);
    PGProperty.PASSWORD.set(properties, password);
    PGProperty.TARGET_SERVER_TYPE.set(properties, "primary");
    PGProperty.CONNECT_TIMEOUT.set(properties, TIMEOUT_SECONDS);
    PGProperty.LOGIN_TIMEOUT.set(properties, TIMEOUT_SECONDS);
    PGProperty.SOCKET_TIMEOUT.set(properties, TIMEOUT_SECONDS);
    PGProperty.APPLICATION_NAME.set(properties, "read-server-probe");
  }

  /** Where the source stands now. */
  public SourcePosition position() throws SourceUnavailableException {
    try {
      Connection current = connection;
      if (current == null) {
        current = new Driver().connect(url, properties);
        if (current == null) {
          throw new IllegalStateException("not a PostgreSQL URL: " + url);
        }
        connection = current;
      }
      SourcePosition position = SqlSource.positionOn(current);
      if (!PrimaryDataSource.isToPrimary(current)) {
        close();
        throw new SourceUnavailableException("the database can be read alone");
      }
      return position;
    } catch (SQLException e) {
      close();
      throw new SourceUnavailableException("the database does not answer: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    Connection current = connection;
    connection = null;
    if (current != null) {
      try {
        current.close();
      } catch (SQLException _) {
        // It is given up anyway, and its socket is closed in any case.
      }
    }
  }
}
