package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.platform.grpc.Deadlines;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.SourcePosition;
import io.grpc.Context;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the queries: one statement each, which reads the checkpoint and the data in one snapshot,
 * and which ends when the call it is for ends. For concurrent use.
 */
final class SqlReads implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SqlReads.class);

  /**
   * Most connections in use for queries: what two to four cores of a database can work on at once;
   * the pool holds four more for projector, lease, and polls, which queries must not starve.
   */
  static final int CONNECTIONS_MAX = 12;

  /**
   * Longest wait for one of them; after that many times a usual query the database is in trouble.
   */
  static final Duration CONNECTION_WAIT_MAX = Duration.ofSeconds(2);

  private static final Duration CANCEL_AGAIN = Duration.ofMillis(20);

  /** Columns that every statement starts with; see {@link #snapshot}. */
  static final int SNAPSHOT_COLUMNS = 8;

  /** Reads what follows the snapshot columns. */
  @FunctionalInterface
  interface Rows<T> {
    /**
     * Reads all rows.
     *
     * @param rows stands on its first row, which exists, and has nulls for data where there is none
     */
    T read(ResultSet rows) throws SQLException;
  }

  private final DataSource dataSource;
  private final Semaphore connections = new Semaphore(CONNECTIONS_MAX, true);
  private final ExecutorService cancellations = Executors.newVirtualThreadPerTaskExecutor();

  SqlReads(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Start of a statement: the checkpoint's columns, and whether events are parked that match.
   *
   * @param parked a condition on {@code parked_events e}
   */
  static Sql snapshot(String source, Sql parked, String dataColumns) {
    return new Sql("select ")
        .append(SqlCheckpoint.COLUMNS)
        .append(", case when c.parked > 0 then exists (select 1 from parked_events e where")
        .append(" e.source = ? and ", source)
        .append(parked)
        .append(") else false end, ")
        .append(dataColumns)
        // As the view checkpoints, which would ask for the source first.
        .append(" from (select * from checkpoint_versions where source = ?", source)
        .append(" order by revision desc limit 1) c ");
  }

  <T> Answer<T> answer(Sql sql, Rows<T> rows) {
    Context call = Context.current();
    try {
      long wait = Deadlines.leftNanos(call, CONNECTION_WAIT_MAX);
      if (!connections.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
        return Deadlines.isOver(call)
            ? new Answer.Stopped<>()
            : new Answer.Unavailable<>(
                new SQLTransientConnectionException("all connections are in use"));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new Answer.Stopped<>();
    }
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = sql.prepare(connection)) {
      return execute(call, statement, rows);
    } catch (SQLException e) {
      if (Deadlines.isOver(call) || SqlFailures.isCanceled(e)) {
        return new Answer.Stopped<>();
      }
      if (SqlFailures.isTransient(e)) {
        return new Answer.Unavailable<>(e);
      }
      throw SqlFailures.broken(e);
    } finally {
      connections.release();
    }
  }

  private <T> Answer<T> execute(Context call, PreparedStatement statement, Rows<T> rows)
      throws SQLException {
    AtomicBoolean ended = new AtomicBoolean();
    // Runs at once if the call has ended already.
    Context.CancellationListener cancel = _ -> cancel(statement, ended);
    call.addListener(cancel, cancellations);
    try (ResultSet result = statement.executeQuery()) {
      if (!result.next()) {
        return new Answer.NotReady<>(SourcePosition.NOWHERE);
      }
      SourcePosition at = SqlCheckpoint.read(result);
      if (!at.isReady()) {
        return new Answer.NotReady<>(at);
      }
      if (result.getBoolean(SNAPSHOT_COLUMNS)) {
        return new Answer.Incomplete<>(at);
      }
      return new Answer.Data<>(rows.read(result), at);
    } finally {
      ended.set(true);
      call.removeListener(cancel);
    }
  }

  private static void cancel(PreparedStatement statement, AtomicBoolean ended) {
    try {
      // The driver ignores what comes before the statement is under way, so it is said again.
      while (!ended.get()) {
        statement.cancel();
        Thread.sleep(CANCEL_AGAIN);
      }
    } catch (SQLException e) {
      // The statement's own thread reports whatever is wrong; statement_timeout ends it at last.
      LOG.atInfo().setCause(e).log("could not cancel a statement whose call had ended");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    cancellations.close();
  }
}
