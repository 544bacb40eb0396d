package com.gyroscops.payments.write.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.write.eventstore.AppendRefusedException;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Steps in the write database, with the database's errors told apart. For concurrent use.
 *
 * @param dataSource bounds how long connecting and each statement may take
 */
public record Database(DataSource dataSource) {

  /**
   * End of a query whose answer acknowledges what an earlier commit did. The commit of a lock waits
   * for the synchronous standby, which by then has all commits before it.
   */
  public static final String AS_REPLICATED = " for share";

  /** check_violation, which a row without a partition is, too. */
  private static final String CHECK_VIOLATION = "23514";

  /** warning: none of our statements raises one itself. */
  private static final String WARNING = "01000";

  /** statement_completion_unknown. */
  private static final String COMPLETION_UNKNOWN = "40003";

  /** A step: one statement that commits by itself, or a transaction of its own. */
  @FunctionalInterface
  public interface Work<T> {
    T run(Connection connection) throws SQLException, InvalidProtocolBufferException;
  }

  /** Sets a statement's parameters. */
  @FunctionalInterface
  public interface Parameters {
    void set(PreparedStatement statement) throws SQLException;

    /** Values in the order of their places; a list is an array of numbers. */
    static Parameters of(@Nullable Object... values) {
      return statement -> {
        for (int i = 0; i < values.length; i++) {
          statement.setObject(
              i + 1,
              values[i] instanceof List<?> numbers
                  ? statement.getConnection().createArrayOf("int4", numbers.toArray())
                  : values[i]);
        }
      };
    }
  }

  /** Reads one row. */
  @FunctionalInterface
  public interface Row<T> {
    T read(ResultSet row) throws SQLException, InvalidProtocolBufferException;
  }

  /**
   * Makes a step.
   *
   * @param what it does, for messages
   * @throws StoreUnavailableException if the database does not answer
   * @throws AppendRefusedException if it refuses the step as such
   */
  public <T> T call(String what, Work<T> work) {
    boolean connected = false;
    try (Connection connection = dataSource.getConnection()) {
      connected = true;
      return work.run(connection);
    } catch (SQLException e) {
      if (!connected || isUnavailable(e)) {
        throw new StoreUnavailableException("cannot " + what + ": " + e.getMessage(), e);
      }
      throw new AppendRefusedException("cannot " + what + ": " + e.getMessage(), e);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("cannot " + what + ": what is stored cannot be read", e);
    }
  }

  /** Makes a step in one transaction, which is rolled back if the step fails. */
  public <T> T inTransaction(String what, Work<T> work) {
    return call(
        what,
        connection -> {
          connection.setAutoCommit(false);
          try {
            T result = work.run(connection);
            connection.commit();
            requireReplicated(connection.getWarnings());
            connection.setAutoCommit(true);
            return result;
          } catch (SQLException | InvalidProtocolBufferException | RuntimeException e) {
            rollBack(connection, e);
            throw e;
          }
        });
  }

  /** Of what went wrong the first tells most, as where the connection is no more. */
  private static void rollBack(Connection connection, Exception cause) {
    try {
      connection.rollback();
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  /**
   * Fails for a commit that PostgreSQL acknowledges although no synchronous standby has it:
   * somebody cancelled the statement while it waited for one. It says so by a warning alone, which
   * may be in any language. What became of the step is then unknown: it is lost if that primary is.
   *
   * <p>Whoever asks again has to wait again: see {@link #AS_REPLICATED}.
   *
   * @param warnings of the statement that committed
   * @throws SQLException of a state that {@link #call} takes for an unavailable store
   */
  public static void requireReplicated(@Nullable SQLWarning warnings) throws SQLException {
    for (SQLWarning each = warnings; each != null; each = each.getNextWarning()) {
      if (WARNING.equals(each.getSQLState())) {
        throw new SQLException(
            "the commit may be on no standby: " + each.getMessage(), COMPLETION_UNKNOWN);
      }
    }
  }

  /** Reads what a statement answers, as a step of its own; see {@link #call}. */
  public <T> List<T> rows(String what, String sql, Parameters parameters, Row<T> row) {
    return call(what, connection -> rows(connection, sql, parameters, row));
  }

  /** Reads the one row that a statement always answers, as a step of its own. */
  public <T> T theRow(String what, String sql, Parameters parameters, Row<T> row) {
    return row(what, sql, parameters, row).orElseThrow();
  }

  /** Reads the one row that a statement answers, if any, as a step of its own. */
  public <T> Optional<T> row(String what, String sql, Parameters parameters, Row<T> row) {
    return call(what, connection -> row(connection, sql, parameters, row));
  }

  /** Makes a change, as a step of its own; how many rows it concerned. */
  public int update(String what, String sql, Parameters parameters) {
    return call(what, connection -> update(connection, sql, parameters));
  }

  /** Reads what a statement answers, in a step. */
  public static <T> List<T> rows(
      Connection connection, String sql, Parameters parameters, Row<T> row)
      throws SQLException, InvalidProtocolBufferException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      parameters.set(statement);
      try (ResultSet results = statement.executeQuery()) {
        List<T> all = new ArrayList<>();
        while (results.next()) {
          all.add(row.read(results));
        }
        requireReplicated(statement.getWarnings());
        return all;
      }
    }
  }

  /** Reads the one row that a statement answers, if any, in a step. */
  public static <T> Optional<T> row(
      Connection connection, String sql, Parameters parameters, Row<T> row)
      throws SQLException, InvalidProtocolBufferException {
    return rows(connection, sql, parameters, row).stream().findFirst();
  }

  /** Makes a change, in a step; how many rows it concerned. */
  public static int update(Connection connection, String sql, Parameters parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      parameters.set(statement);
      int changed = statement.executeUpdate();
      requireReplicated(statement.getWarnings());
      return changed;
    }
  }

  /**
   * Whether the store, and not what it was asked, is the reason: connection lost (08), resources
   * short (53), something locked for longer than a statement waits or a server in recovery (55),
   * operator intervention and timeouts (57), transaction rolled back (40), system error (58), read
   * only after a failover (25), no connection from the pool (no state), or no partition yet for
   * what is to be stored.
   */
  private static boolean isUnavailable(SQLException e) {
    String state = e.getSQLState();
    return state == null
        || state.length() < 2
        || switch (state.substring(0, 2)) {
          case "08", "53", "55", "57", "40", "58", "25" -> true;
          default -> isWithoutPartition(e);
        };
  }

  /** A violated check that is not one of a constraint with a name. */
  private static boolean isWithoutPartition(SQLException e) {
    ServerErrorMessage message =
        e instanceof PSQLException from ? from.getServerErrorMessage() : null;
    return CHECK_VIOLATION.equals(e.getSQLState())
        && message != null
        && message.getTable() != null
        && message.getConstraint() == null;
  }
}
