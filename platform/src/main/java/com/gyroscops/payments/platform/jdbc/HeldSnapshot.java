package com.gyroscops.payments.platform.jdbc;

import java.time.Duration;

/**
 * What keeps PostgreSQL from removing dead row versions.
 *
 * @param kind of what holds it: a session's transaction, a standby's feedback, a replication slot
 *     or a prepared transaction
 * @param pid of the server process; 0 if there is none
 * @param name application, standby, slot or prepared transaction
 * @param age of the transaction where the database tells it; else how long it was seen to stay
 */
public record HeldSnapshot(Kind kind, int pid, String name, Duration age) {

  /** Who may hold one. */
  public enum Kind {
    SESSION,
    STANDBY,
    REPLICATION_SLOT,
    PREPARED_TRANSACTION
  }
}
