package com.gyroscops.payments.write.outbox.postgres;

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
 */
public final class CommitSignal implements AutoCloseable {

  private static final String CHANNEL = "payments_outbox";
  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final Duration RECONNECT = Duration.ofSeconds(1);
  private static final Logger LOG = LoggerFactory.getLogger(CommitSignal.class);

  private final DataSource dataSource;
  private final OutboxTail tail;
  private final SubscriberProgress progress;
  private final String ownName;
  private final Thread thread;
  private volatile boolean closing;

  /**
   * @param dataSource one connection of it is held for good
   * @param ownName of this writer: its own commits are heard of otherwise
   */
  public CommitSignal(
      DataSource dataSource, OutboxTail tail, SubscriberProgress progress, String ownName) {
    this.dataSource = dataSource;
    this.tail = tail;
    this.progress = progress;
    this.ownName = ownName;
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
        listen(connection);
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
    try (Statement statement = connection.createStatement()) {
      statement.execute("listen " + CHANNEL);
      statement.execute("listen " + PostgresProgress.CHANNEL);
    }
    PGConnection notified = connection.unwrap(PGConnection.class);
    while (!closing) {
      for (PGNotification notification : notified.getNotifications((int) PATIENCE.toMillis())) {
        if (notification.getName().equals(PostgresProgress.CHANNEL)) {
          progress.hurry();
        } else if (!notification.getParameter().equals(ownName)) {
          tail.wake();
        }
      }
    }
  }
}
