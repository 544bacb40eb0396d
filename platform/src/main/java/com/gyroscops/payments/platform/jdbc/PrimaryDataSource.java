package com.gyroscops.payments.platform.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLTransientConnectionException;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/**
 * A pool that hands out connections to a server that can be written to. A connection whose server
 * has become read-only, be it a demoted primary or a standby, is closed instead, and the pool makes
 * another, to the primary of that moment.
 *
 * <p>That costs no question: PostgreSQL tells of such a change with the answer to the next
 * statement on the connection, whatever it is. So a connection may serve one more read after the
 * change; a write fails there, and {@link ConnectionEviction} has that connection replaced. A
 * connection that was closed behind the pool's back is replaced, too. For concurrent use.
 */
public final class PrimaryDataSource implements DataSource {

  private final HikariDataSource pool;

  /**
   * @param pool of connections by {@code targetServerType=primary}; closed by its owner
   */
  public PrimaryDataSource(HikariDataSource pool) {
    this.pool = pool;
  }

  /**
   * Whether a connection can be written to, as far as its server has said by now.
   *
   * @param connection to a PostgreSQL, from a pool or not
   */
  public static boolean isToPrimary(Connection connection) throws SQLException {
    PGConnection session = connection.unwrap(PGConnection.class);
    return !"on".equals(session.getParameterStatus("in_hot_standby"))
        && !"on".equals(session.getParameterStatus("default_transaction_read_only"));
  }

  @Override
  public Connection getConnection() throws SQLException {
    // Each connection that the pool can hold may be a wrong one.
    for (int wrong = 0; wrong <= pool.getMaximumPoolSize(); wrong++) {
      Connection connection = pool.getConnection();
      if (!isClosed(connection)) {
        if (isToPrimary(connection)) {
          return connection;
        }
        // The others were made when this one was, or before.
        pool.getHikariPoolMXBean().softEvictConnections();
      }
      pool.evictConnection(connection);
    }
    throw new SQLTransientConnectionException(
        "the database can be read alone", ConnectionEviction.READ_ONLY);
  }

  /** As the driver sees it, not the pool. */
  private static boolean isClosed(Connection connection) throws SQLException {
    return connection.unwrap(Connection.class).isClosed();
  }

  /** None are to be had: the pool has one user. */
  @Override
  public Connection getConnection(String username, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("connections are the pool's user's");
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return pool.getLogWriter();
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    pool.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    pool.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return pool.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return pool.getParentLogger();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return type.isInstance(this) ? type.cast(this) : pool.unwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return type.isInstance(this) || pool.isWrapperFor(type);
  }

  @Override
  public String toString() {
    return pool.toString();
  }
}
