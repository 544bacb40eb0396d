package com.gyroscops.payments.read.database;

import java.sql.SQLException;
import java.sql.SQLTransientException;

/** What PostgreSQL's error codes mean for whoever asked. */
public final class SqlStates {

  /** query_canceled. */
  private static final String CANCELED = "57014";

  private SqlStates() {}

  /** Whether the statement was ended, by us or by statement_timeout. */
  public static boolean isCanceled(SQLException e) {
    return CANCELED.equals(e.getSQLState());
  }

  /**
   * Whether the database is away, overloaded or asks to try again; the statement is not at fault.
   */
  public static boolean isTransient(SQLException e) {
    String state = e.getSQLState();
    if (state == null || state.length() != 5) {
      return true; // The pool's own, as when no connection is to be had; the server always has one.
    }
    return e instanceof SQLTransientException
        || isCanceled(e)
        || switch (state.substring(0, 2)) {
          // connection, transaction rollback, resources, operator intervention, system error
          case "08", "40", "53", "57", "58" -> true;
          // lock_not_available, read_only_sql_transaction, and the ends of transactions that stand
          // still: idle_in_transaction_session_timeout, transaction_timeout
          default ->
              state.equals("55P03")
                  || state.equals("25006")
                  || state.equals("25P03")
                  || state.equals("25P04");
        };
  }
}
