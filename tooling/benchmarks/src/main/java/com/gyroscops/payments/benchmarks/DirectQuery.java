package com.gyroscops.payments.benchmarks;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.Payment;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.Semaphore;

/**
 * The statement behind GetPayment, put to the read database by this process: what the database
 * alone costs. For concurrent use.
 */
final class DirectQuery {

  /** As many as the read-server lets its queries use. */
  private static final int CONNECTIONS = 12;

  /** The sql source's own statement for one payment. */
  private static final String STATEMENT =
      """
      select c.log_id, c.epoch, c.ancestors, c.position, c.last_event_id, c.ready_position, c.parked,
        case when c.parked > 0 then exists (select 1 from parked_events e
          where e.source = ? and e.organization_id = ? and e.payment_id = any (?)) else false end,
        p.payment
      from (select * from checkpoint_versions where source = ? order by revision desc limit 1) c
      left join payments p on p.organization_id = ? and p.payment_id = any (?)
      where c.source = ?\
      """;

  private static final String SOURCE = "sql";

  private final HikariDataSource pool;
  private final Semaphore gate = new Semaphore(CONNECTIONS, true);

  DirectQuery(Stack stack) {
    pool = stack.readPool(CONNECTIONS);
  }

  /** Finds a payment that exists. */
  Payment get(GetPaymentRequest request)
      throws SQLException, InterruptedException, InvalidProtocolBufferException {
    gate.acquire();
    try (Connection connection = pool.getConnection();
        PreparedStatement select = connection.prepareStatement(STATEMENT)) {
      var ids = connection.createArrayOf("text", new String[] {request.getPaymentId()});
      select.setString(1, SOURCE);
      select.setString(2, request.getOrganizationId());
      select.setArray(3, ids);
      select.setString(4, SOURCE);
      select.setString(5, request.getOrganizationId());
      select.setArray(6, ids);
      select.setString(7, SOURCE);
      try (ResultSet row = select.executeQuery()) {
        byte[] payment = row.next() ? row.getBytes(9) : null;
        if (payment == null) {
          throw new SQLException("no such payment: " + request.getPaymentId());
        }
        return Payment.parseFrom(payment);
      }
    } finally {
      gate.release();
    }
  }
}
