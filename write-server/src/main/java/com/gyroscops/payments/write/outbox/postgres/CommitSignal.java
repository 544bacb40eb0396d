package com.gyroscops.payments.write.outbox.postgres;

import com.gyroscops.payments.platform.jdbc.PrimaryDataSource;
import com.gyroscops.payments.write.outbox.OutboxTail;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes the tail when another write-server commits: listens to the one NOTIFY that each append
 * sends. Also hears those who wait for subscribers' progress. Losing either costs no events, only
 * the time until the next poll.
 *
 * <p>Who only listens does not notice that nobody speaks any more, on a connection that is half
 * open or whose server is the primary no longer. So the server is asked now and then.
 */
public final class CommitSignal implements AutoCloseable {

  /** Time between questions to the server; as much passes at most until one is sent. */
  static final Duration ASK_EVERY = Duration.ofSeconds(5);

  /** Longest time that an answer takes; then the connection is given up. */
  static final Duration ANSWER_MAX = Duration.ofSeconds(5);

  private static final String CHANNEL = "payments_outbox";
  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final Duration RECONNECT = Duration.ofSeconds(1);
  private static final Logger LOG = LoggerFactory.getLogger(CommitSignal.class);

  private final DataSource dataSource;
  private final OutboxTail tail;
  private final SubscriberProgress progress;
  private final String ownName;
  private final Duration askEvery;
  private final Duration answerMax;
  private final Thread thread;
  private volatile boolean closing;

  /**
   * @param dataSource one connection of it is held for good
   * @param ownName of this writer: its own commits are heard of otherwise
   */
  public CommitSignal(
      DataSource dataSource, OutboxTail tail, SubscriberProgress progress, String ownName) {
    this(dataSource, tail, progress, ownName, ASK_EVERY, ANSWER_MAX);
  }

  CommitSignal(
      DataSource dataSource,
      OutboxTail tail,
      SubscriberProgress progress,
      String ownName,
      Duration askEvery,
      Duration answerMax) {
    this.dataSource = dataSource;
    this.tail = tail;
    this.progress = progress;
    this.ownName = ownName;
    this.askEvery = askEvery;
    this.answerMax = answerMax;
    this.thread = Thread.ofPlatform().name("commit-signal").daemon().start(this::run);
  }

  @Override
  public void close() {
    closing = true;
    thread.interrupt();
  }

  private void run() {
    while (!closing) {
      try (Connection connection = dataSource.getConnection()) {
        try {
          listen(connection);
        } catch (SQLException e) {
          // The pool may not have seen the failure, and must not hand it out again.
          connection.abort(Runnable::run);
          throw e;
        }
      } catch (SQLException e) {
        if (!closing) {
          LOG.warn("other servers' commits are polled for: {}", e.getMessage());
        }
      }
      try {
        Thread.sleep(RECONNECT);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void listen(Connection connection) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, (int) answerMax.toMillis());
    execute(connection, "listen " + CHANNEL);
    execute(connection, "listen " + PostgresProgress.CHANNEL);
    PGConnection notified = connection.unwrap(PGConnection.class);
    long asked = System.nanoTime();
    while (!closing) {
      long patience = Math.min(PATIENCE.toMillis(), askEvery.toMillis());
      for (PGNotification notification : notified.getNotifications((int) patience)) {
        if (notification.getName().equals(PostgresProgress.CHANNEL)) {
          progress.hurry();
        } else if (!notification.getParameter().equals(ownName)) {
          tail.wake();
        }
      }
      if (System.nanoTime() - asked >= askEvery.toNanos()) {
        execute(connection, "select");
        if (!PrimaryDataSource.isToPrimary(connection)) {
          throw new SQLException("the server is the primary no longer");
        }
        asked = System.nanoTime();
      }
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
