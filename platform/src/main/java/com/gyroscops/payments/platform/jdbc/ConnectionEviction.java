package com.gyroscops.payments.platform.jdbc;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;

/**
 * Which errors have the pool close a connection, besides those that it knows (08, 57P01 to 57P03):
 * those of a server that is not, or no longer, the primary, and those of a session that has ended.
 */
public final class ConnectionEviction implements SQLExceptionOverride {

  /** read_only_sql_transaction: nothing was changed. */
  static final String READ_ONLY = "25006";

  /** object_not_in_prerequisite_state, as in "recovery is in progress". */
  private static final String IN_RECOVERY = "55000";

  @java.lang.Override
  public Override adjudicate(SQLException e) {
    return isOfConnection(e.getSQLState()) ? Override.MUST_EVICT : Override.CONTINUE_EVICT;
  }

  private static boolean isOfConnection(@org.jspecify.annotations.Nullable String state) {
    if (state == null) {
      return false;
    }
    return switch (state) {
      // idle_in_transaction_session_timeout, transaction_timeout, database_dropped,
      // idle_session_timeout
      case READ_ONLY, IN_RECOVERY, "25P03", "25P04", "57P04", "57P05" -> true;
      default -> false;
    };
  }
}
