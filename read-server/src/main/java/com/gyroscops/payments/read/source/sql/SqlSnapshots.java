package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.Snapshots;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.v1.PaymentEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * The SQL source's payments for others to be filled from. One transaction reads all of it in one
 * snapshot of the database, checkpoint included; it takes no locks and holds up nobody, but keeps
 * the database from vacuuming while it lasts. Each read takes one connection of the pool.
 */
public final class SqlSnapshots implements Snapshots {

  /** Payments fetched at once: a few hundred KiB. */
  private static final int FETCH_ROWS = 1_000;

  private final DataSource dataSource;

  /**
   * @param dataSource the source's own
   */
  public SqlSnapshots(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  @Override
  public void read(Receiver receiver) throws SourceUnavailableException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try {
        read(connection, receiver);
      } finally {
        // Only the transaction's end frees its snapshot; the pool resets all else.
        connection.rollback();
      }
    } catch (SQLException e) {
      throw SqlFailures.unavailable(e);
    }
  }

  private static void read(Connection connection, Receiver receiver)
      throws SQLException, SourceUnavailableException {
    // Longer than any query may take: the cursor lives as long as the receiver needs.
    new Sql("set transaction isolation level repeatable read, read only").update(connection);
    new Sql("set local statement_timeout = 0").update(connection);
    new Sql("set local idle_in_transaction_session_timeout = 0").update(connection);
    // A table that is emptied between the two would be read as empty as of the position before.
    new Sql("lock table payments, parked_events in access share mode").update(connection);
    SourcePosition at = SqlSource.positionOn(connection);
    if (!at.isReady()) {
      throw new SourceUnavailableException(
          "the sql source has no whole snapshot yet: it is at %d of %d"
              .formatted(at.position(), at.readyPosition()));
    }
    if (receiver.start(at) && payments(connection, receiver) && at.parked() > 0) {
      parked(connection, receiver);
    }
  }

  private static boolean payments(Connection connection, Receiver receiver) throws SQLException {
    try (PreparedStatement statement =
        new Sql("select payment from payments").prepare(connection)) {
      statement.setFetchSize(FETCH_ROWS);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          if (!receiver.payment(SqlQueries.payment(rows.getBytes(1)))) {
            return false;
          }
        }
        return true;
      }
    }
  }

  private static void parked(Connection connection, Receiver receiver) throws SQLException {
    Sql sql =
        new Sql("select event from parked_events where source = ?", SqlSource.NAME)
            .append(" order by organization_id, payment_id, version, position");
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        PaymentEvent event = SqlQueries.event(rows.getBytes(1));
        receiver.parked(event);
      }
    }
  }
}
