package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.SourcePosition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;

/** The row that says where the source stands. */
final class SqlCheckpoint {

  /** Columns of {@code checkpoints c}, in the order in which {@link #read} takes them. */
  static final String COLUMNS =
      "c.log_id, c.epoch, c.ancestors, c.position, c.last_event_id, c.ready_position, c.parked";

  private SqlCheckpoint() {}

  static SourcePosition read(ResultSet row) throws SQLException {
    return new SourcePosition(
        row.getString(1),
        SourcePosition.lineage(row.getString(2), row.getString(3)),
        row.getLong(4),
        row.getString(5),
        row.getLong(6),
        row.getLong(7));
  }

  /**
   * Runs a statement that returns {@link #COLUMNS} of the row if it found or changed it. Of several
   * together, it is the first.
   */
  static Optional<SourcePosition> query(Connection connection, Sql sql) throws SQLException {
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet rows = first(statement)) {
      return rows.next() ? Optional.of(read(rows)) : Optional.empty();
    }
  }

  private static ResultSet first(PreparedStatement statement) throws SQLException {
    statement.execute();
    return Objects.requireNonNull(statement.getResultSet(), "the first statement returns no rows");
  }
}
