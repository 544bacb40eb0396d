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
          default ->
              switch (state) {
                // lock_not_available; read_only_sql_transaction, recovery is in progress: the
                // server is no primary; what follows in a transaction that has failed; and the ends
                // of transactions that stand still: idle_in_transaction_session_timeout,
                // transaction_timeout
                case "55P03", "25006", "55000", "25P02", "25P03", "25P04" -> true;
                default -> false;
              };
        };
  }
}
