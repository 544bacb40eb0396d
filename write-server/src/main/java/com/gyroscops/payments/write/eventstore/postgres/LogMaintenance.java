package com.gyroscops.payments.write.eventstore.postgres;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.postgres.Database;
import java.time.Duration;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the log's tables fit: partitions made ahead, outcomes of old requests forgotten. Several
 * servers may do so at once.
 */
public final class LogMaintenance {

  /** Events for which there shall be partitions: more than a quarter of an hour brings. */
  static final long ROOM_EVENTS = 20_000_000;

  /** Partitions ahead at most, however small they are, and at least, however large. */
  static final int PARTITIONS_AHEAD_MAX = 20;

  private static final int PARTITIONS_AHEAD_MIN = 2;

  private static final Logger LOG = LoggerFactory.getLogger(LogMaintenance.class);

  private final Database database;
  private final Duration requestRetention;
  private final long partitionEvents;

  /**
   * @param requestRetention how long outcomes of requests are kept at least
   * @param partitionEvents size of the partitions that are made from now on
   */
  public LogMaintenance(DataSource dataSource, Duration requestRetention, long partitionEvents) {
    this.database = new Database(dataSource);
    this.requestRetention = requestRetention;
    this.partitionEvents = partitionEvents;
  }

  /** Events for which there are partitions once {@link #makePartitions} has succeeded, or more. */
  public long roomWanted() {
    return Math.max(
        PARTITIONS_AHEAD_MIN * partitionEvents,
        Math.min(ROOM_EVENTS, PARTITIONS_AHEAD_MAX * partitionEvents));
  }

  /**
   * Makes the partitions that are due. Neither readers nor appends wait for it, nor it for them.
   *
   * @return events that find a partition now; none is appended beyond
   * @throws StoreUnavailableException if the database does not answer
   * @throws com.gyroscops.payments.write.eventstore.AppendRefusedException if somebody changes the
   *     table's schema or vacuums it meanwhile: to be tried again
   */
  public long makePartitions() {
    int made =
        database
            .row(
                "make partitions",
                "select ensure_event_partitions(?, ?)",
                statement -> {
                  statement.setLong(1, roomWanted());
                  statement.setLong(2, partitionEvents);
                },
                row -> row.getInt(1))
            .orElseThrow();
    if (made > 0) {
      LOG.info("made {} partitions for events", made);
    }
    return room();
  }

  /**
   * Events that find a partition.
   *
   * @throws StoreUnavailableException if the database does not answer
   */
  public long room() {
    return database.theRow(
        "read partitions", "select event_room()", _ -> {}, row -> row.getLong(1));
  }

  /**
   * Forgets outcomes of requests that are old enough.
   *
   * @throws StoreUnavailableException if the database does not answer
   * @throws com.gyroscops.payments.write.eventstore.AppendRefusedException if somebody reads or
   *     writes them for longer than appends may be held up: to be tried again
   */
  public void forgetOldRequests() {
    boolean forgotten =
        database.theRow(
            "forget old requests",
            "select rotate_request_outcomes(? * interval '1 second')",
            statement -> statement.setLong(1, requestRetention.toSeconds()),
            row -> row.getBoolean(1));
    if (forgotten) {
      LOG.info("forgot the outcomes of requests older than {}", requestRetention);
    }
  }
}
