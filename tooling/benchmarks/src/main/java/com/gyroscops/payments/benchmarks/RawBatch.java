package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.PaymentEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What the database could take if a command were nothing but its event: loops, a connection each,
 * that insert events by JDBC batches, {@value #BATCH} to a transaction. No state, no request ids,
 * no order between loops, no network but the database's own.
 */
final class RawBatch {

  /** Events of a transaction. */
  static final int BATCH = 64;

  private static final String TABLE =
      """
      create table raw_events (
        position    bigint generated always as identity primary key,
        payment_key uuid   not null,
        version     int    not null,
        event_id    uuid   not null,
        payload     bytea  not null
      )\
      """;

  private final List<Connection> connections;

  private RawBatch(List<Connection> connections) {
    this.connections = connections;
  }

  static RawBatch create(Stack stack, int loopsMax) throws SQLException {
    List<Connection> connections = new ArrayList<>();
    for (int i = 0; i < loopsMax; i++) {
      connections.add(stack.peerDatabase());
    }
    try (Statement statement = connections.getFirst().createStatement()) {
      statement.execute(TABLE);
    }
    for (Connection connection : connections) {
      connection.setAutoCommit(false);
    }
    return new RawBatch(connections);
  }

  /** Runs so many loops for a while; an event's latency is that of its transaction. */
  Measurement run(int loops, Duration length) throws Exception {
    Tally tally = new Tally();
    long endNanos = System.nanoTime() + length.toNanos();
    try (ExecutorService threads = Executors.newFixedThreadPool(loops)) {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (Connection connection : connections.subList(0, loops)) {
        tasks.add(() -> {
          insertUntil(connection, endNanos, tally);
          return null;
        });
      }
      for (Future<Void> loop : threads.invokeAll(tasks)) {
        loop.get();
      }
    }
    return tally.result();
  }

  private static void insertUntil(Connection connection, long endNanos, Tally tally)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "insert into raw_events (payment_key, version, event_id, payload)"
                + " values (?, ?, ?, ?)")) {
      for (long start = System.nanoTime(); start < endNanos; start = System.nanoTime()) {
        for (int i = 0; i < BATCH; i += 2) {
          CreatePaymentRequest create = Commands.create();
          PaymentEvent created = Events.created(create);
          add(insert, created);
          add(insert, Events.processed(created, Commands.process(create)));
        }
        insert.executeBatch();
        connection.commit();
        long latency = System.nanoTime() - start;
        for (int i = 0; i < BATCH; i++) {
          tally.succeeded(latency);
        }
      }
    }
  }

  private static void add(PreparedStatement insert, PaymentEvent event) throws SQLException {
    insert.setObject(1, UUID.fromString(event.getPaymentId()));
    insert.setInt(2, (int) event.getVersion());
    insert.setObject(3, UUID.fromString(event.getEventId()));
    insert.setBytes(4, event.toByteArray());
    insert.addBatch();
  }
}
