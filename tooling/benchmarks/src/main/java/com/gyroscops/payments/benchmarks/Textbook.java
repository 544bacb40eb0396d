package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.PaymentEvent;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Semaphore;

/**
 * A command as textbooks have it: one transaction that loads the snapshot, stores the new one, the
 * event, its outbox row and the request's id, a statement each. In tables of its own, with the same
 * payloads as the write-server's. For concurrent use.
 */
final class Textbook {

  private static final int CONNECTIONS = 16;

  private static final String TABLES =
      """
      create table payments (
        organization_id text   not null,
        payment_id      text   not null,
        version         int    not null,
        snapshot        bytea  not null,
        primary key (organization_id, payment_id)
      );
      create table events (
        organization_id text   not null,
        payment_id      text   not null,
        version         int    not null,
        event           bytea  not null,
        primary key (organization_id, payment_id, version)
      );
      create table outbox (
        id              bigint generated always as identity primary key,
        message         bytea  not null
      );
      create table requests (
        organization_id text   not null,
        request_id      text   not null,
        handled_at      timestamptz not null default now(),
        primary key (organization_id, request_id)
      );
      """;

  private final HikariDataSource pool;

  /** Waiting callers are served in their order; the pool's own queue would not. */
  private final Semaphore gate = new Semaphore(CONNECTIONS, true);

  private Textbook(HikariDataSource pool) {
    this.pool = pool;
  }

  /** Makes the tables. */
  static Textbook create(Stack stack) throws SQLException {
    try (Connection connection = stack.peerDatabase();
        Statement statement = connection.createStatement()) {
      statement.execute(TABLES);
    }
    return new Textbook(stack.peerPool(CONNECTIONS));
  }

  /** Creates a payment, durably. */
  void execute(CreatePaymentRequest create) throws SQLException, InterruptedException {
    gate.acquire();
    try (Connection connection = pool.getConnection()) {
      transact(connection, create);
    } finally {
      gate.release();
    }
  }

  /** Without a commit, the pool rolls back what a connection comes back with. */
  private static void transact(Connection connection, CreatePaymentRequest create)
      throws SQLException {
    String organization = create.getOrganizationId();
    String payment = create.getPaymentId();
    if (exists(connection, organization, payment)) {
      throw new SQLException("payment exists: " + payment);
    }
    PaymentEvent event = Events.created(create);
    byte[] eventBytes = event.toByteArray();
    insert(
        connection,
        "insert into payments (organization_id, payment_id, version, snapshot) values (?, ?, ?, ?)",
        organization,
        payment,
        1,
        event.getPayment().toByteArray());
    insert(
        connection,
        "insert into events (organization_id, payment_id, version, event) values (?, ?, ?, ?)",
        organization,
        payment,
        1,
        eventBytes);
    insert(connection, "insert into outbox (message) values (?)", eventBytes);
    insert(
        connection,
        "insert into requests (organization_id, request_id) values (?, ?)",
        organization,
        create.getContext().getRequestId());
    connection.commit();
  }

  private static boolean exists(Connection connection, String organization, String payment)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "select version, snapshot from payments where organization_id = ? and payment_id = ?")) {
      select.setString(1, organization);
      select.setString(2, payment);
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  private static void insert(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        insert.setObject(i + 1, values[i]);
      }
      insert.executeUpdate();
    }
  }
}
