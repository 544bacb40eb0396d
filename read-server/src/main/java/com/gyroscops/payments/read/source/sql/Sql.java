package com.gyroscops.payments.read.source.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;

/** A statement being written: text and parameters side by side. Not for concurrent use. */
final class Sql {

  private final StringBuilder text = new StringBuilder(512);
  private final List<Object> parameters = new ArrayList<>();

  Sql(String start, Object... startParameters) {
    append(start, startParameters);
  }

  /**
   * Adds text and a parameter for each {@code ?} in it: String, Long, Integer, String[], long[],
   * short[], double[] or byte[][].
   */
  Sql append(String part, Object... partParameters) {
    text.append(part);
    parameters.addAll(List.of(partParameters));
    return this;
  }

  Sql append(Sql other) {
    text.append(other.text);
    parameters.addAll(other.parameters);
    return this;
  }

  /**
   * Statements as one. The driver sends them together, and the database runs them in order, up to
   * the first that fails.
   */
  static Sql together(List<Sql> statements) {
    Sql all = new Sql("");
    for (Sql each : statements) {
      all.append(all.text.isEmpty() ? "" : "; ").append(each);
    }
    return all;
  }

  PreparedStatement prepare(Connection connection) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(text.toString());
    try {
      PGConnection postgres = connection.unwrap(PGConnection.class);
      for (int i = 0; i < parameters.size(); i++) {
        bind(statement, postgres, i + 1, parameters.get(i));
      }
      return statement;
    } catch (SQLException | RuntimeException e) {
      statement.close();
      throw e;
    }
  }

  /** Runs the statement for its effect: the number of rows it changed. */
  int update(Connection connection) throws SQLException {
    try (PreparedStatement statement = prepare(connection)) {
      return statement.executeUpdate();
    }
  }

  private static void bind(
      PreparedStatement statement, PGConnection postgres, int index, Object value)
      throws SQLException {
    switch (value) {
      case String string -> statement.setString(index, string);
      case Long number -> statement.setLong(index, number);
      case Integer number -> statement.setInt(index, number);
      case String[] strings -> statement.setArray(index, postgres.createArrayOf("text", strings));
      // Arrays of primitives travel in binary.
      case long[] numbers -> statement.setArray(index, postgres.createArrayOf("int8", numbers));
      case short[] numbers -> statement.setArray(index, postgres.createArrayOf("int2", numbers));
      case double[] numbers -> statement.setArray(index, postgres.createArrayOf("float8", numbers));
      case byte[][] bytes -> statement.setArray(index, postgres.createArrayOf("bytea", bytes));
      default -> throw new IllegalArgumentException("cannot bind a " + value.getClass());
    }
  }
}
