package com.gyroscops.payments.write.eventstore.postgres;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the log's tables fit: partitions made ahead, outcomes of old requests forgotten. */
public final class LogMaintenance {

  /** Events for which there must be partitions: more than the minutes until the next run bring. */
  private static final long PARTITIONS_AHEAD = 20_000_000;

  private static final Logger LOG = LoggerFactory.getLogger(LogMaintenance.class);

  private final DataSource dataSource;
  private final Duration requestRetention;

  /**
   * @param requestRetention how long outcomes of requests are kept at least
   */
  public LogMaintenance(DataSource dataSource, Duration requestRetention) {
    this.dataSource = dataSource;
    this.requestRetention = requestRetention;
  }

  /**
   * Does what is due; several servers may run it at once.
   *
   * @throws StoreUnavailableException if the database does not answer
   */
  public void run() {
    try (Connection connection = dataSource.getConnection()) {
      try (PreparedStatement statement =
          connection.prepareStatement("select ensure_event_partitions(?, ?)")) {
        statement.setLong(1, PARTITIONS_AHEAD);
        statement.setLong(2, 10_000_000);
        int made = number(statement);
        if (made > 0) {
          LOG.info("made {} partitions for events", made);
        }
      }
      try (PreparedStatement statement =
          connection.prepareStatement(
              "select rotate_request_outcomes(? * interval '1 second')::int")) {
        statement.setLong(1, requestRetention.toSeconds());
        if (number(statement) > 0) {
          LOG.info("forgot the outcomes of requests older than {}", requestRetention);
        }
      }
    } catch (SQLException e) {
      throw new StoreUnavailableException("cannot maintain the log: " + e.getMessage(), e);
    }
  }

  private static int number(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getInt(1);
    }
  }
}
