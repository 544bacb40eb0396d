package com.gyroscops.payments.write.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.write.eventstore.AppendRefusedException;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Steps in the write database, with the database's errors told apart. For concurrent use.
 *
 * @param dataSource bounds how long connecting and each statement may take
 */
public record Database(DataSource dataSource) {

  /** A step: one statement that commits by itself, or a transaction of its own. */
  @FunctionalInterface
  public interface Work<T> {
    T run(Connection connection) throws SQLException, InvalidProtocolBufferException;
  }

  /**
   * Makes a step.
   *
   * @param what it does, for messages
   * @throws StoreUnavailableException if the database does not answer
   * @throws AppendRefusedException if it refuses the step as such
   */
  public <T> T call(String what, Work<T> work) {
    boolean connected = false;
    try (Connection connection = dataSource.getConnection()) {
      connected = true;
      return work.run(connection);
    } catch (SQLException e) {
      if (!connected || isUnavailable(e)) {
        throw new StoreUnavailableException("cannot " + what + ": " + e.getMessage(), e);
      }
      throw new AppendRefusedException("cannot " + what + ": " + e.getMessage(), e);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("cannot " + what + ": what is stored cannot be read", e);
    }
  }

  /** Makes a step in one transaction, which is rolled back if the step fails. */
  public <T> T inTransaction(String what, Work<T> work) {
    return call(
        what,
        connection -> {
          connection.setAutoCommit(false);
          try {
            T result = work.run(connection);
            connection.commit();
            return result;
          } catch (SQLException | InvalidProtocolBufferException | RuntimeException e) {
            connection.rollback();
            throw e;
          } finally {
            connection.setAutoCommit(true);
          }
        });
  }

  /**
   * Whether the store, and not what it was asked, is the reason: connection lost (08), resources
   * short (53), operator intervention and timeouts (57), transaction rolled back (40), system error
   * (58), read only after a failover (25), or no connection from the pool (no state).
   */
  private static boolean isUnavailable(SQLException e) {
    String state = e.getSQLState();
    return state == null
        || state.length() < 2
        || switch (state.substring(0, 2)) {
          case "08", "53", "57", "40", "58", "25" -> true;
          default -> false;
        };
  }
}
