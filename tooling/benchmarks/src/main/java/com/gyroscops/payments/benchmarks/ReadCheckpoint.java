package com.gyroscops.payments.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** How far the sql source has applied, asked of its database. Not for concurrent use. */
final class ReadCheckpoint implements AutoCloseable {

  private final PreparedStatement statement;

  ReadCheckpoint(Connection connection) throws SQLException {
    statement =
        connection.prepareStatement("select position from checkpoints where source = 'sql'");
  }

  long position() throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  @Override
  public void close() throws SQLException {
    statement.close();
  }
}
