package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.database.SqlStates;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import java.sql.SQLException;

/** What a failed statement means, by its SQLSTATE. */
final class SqlFailures {

  private SqlFailures() {}

  static boolean isCanceled(SQLException e) {
    return SqlStates.isCanceled(e);
  }

  static boolean isTransient(SQLException e) {
    return SqlStates.isTransient(e);
  }

  /** Whether the values given are at fault: they do not fit a type or a constraint. */
  static boolean isOfData(SQLException e) {
    String state = e.getSQLState();
    return state != null && (state.startsWith("22") || state.startsWith("23"));
  }

  /** For callers that try again: the source's exception if that can help. */
  static SourceUnavailableException unavailable(SQLException e) {
    if (isTransient(e)) {
      return new SourceUnavailableException("the database does not answer: " + e.getMessage(), e);
    }
    throw broken(e);
  }

  /** For what no retry helps: a statement that does not fit the schema. */
  static IllegalStateException broken(SQLException e) {
    return new IllegalStateException(
        "SQL error " + e.getSQLState() + " that neither data nor the network explains", e);
  }
}
