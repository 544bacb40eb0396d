package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.SourceUnavailableException;
import java.sql.SQLException;
import java.sql.SQLTransientException;

/** What a failed statement means, by its SQLSTATE. */
final class SqlFailures {

  /** query_canceled: by us, or by statement_timeout. */
  private static final String CANCELED = "57014";

  private SqlFailures() {}

  static boolean isCanceled(SQLException e) {
    return CANCELED.equals(e.getSQLState());
  }

  /**
   * Whether the database is away, overloaded or asks to try again; the statement is not at fault.
   */
  static boolean isTransient(SQLException e) {
    String state = e.getSQLState();
    if (state == null || state.length() != 5) {
      return true; // The pool's own, as when no connection is to be had; the server always has one.
    }
    return e instanceof SQLTransientException
        || isCanceled(e)
        || switch (state.substring(0, 2)) {
          // connection, transaction rollback, resources, operator intervention, system error
          case "08", "40", "53", "57", "58" -> true;
          // lock_not_available, read_only_sql_transaction, idle_in_transaction_session_timeout
          default -> state.equals("55P03") || state.equals("25006") || state.equals("25P03");
        };
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
