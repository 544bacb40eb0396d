package com.gyroscops.payments.write.settlement.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.v1.InvoiceSettlement;
import com.gyroscops.payments.v1.SettledPayment;
import com.gyroscops.payments.v1.SettlementState;
import com.gyroscops.payments.v1.SettlementStep;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.gyroscops.payments.write.settlement.Settlement;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

class PostgresSettlementsTest {

  private static InvoiceSettlement earlier(
      String organization, String request, SettlementState state) {
    return InvoiceSettlement.newBuilder()
        .setOrganizationId(organization)
        .setRequestId(request)
        .setInvoiceId("an-invoice")
        .setState(state)
        .addPayments(
            SettledPayment.newBuilder()
                .setPaymentId("p")
                .setStep(SettlementStep.SETTLEMENT_STEP_WAITING))
        .build();
  }

  private static void insert(HikariDataSource pool, InvoiceSettlement settlement)
      throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "insert into settlements (request_key, request_hash, correlation_id, traceparent,"
                    + " settlement, start_due_at) values (?, gen_random_uuid(), '', '', ?, now())")) {
      statement.setObject(
          1, Keys.request(settlement.getOrganizationId(), settlement.getRequestId()));
      statement.setBytes(2, settlement.toByteArray());
      statement.executeUpdate();
    }
  }

  @Test
  void settlementsOfTheSchemaBeforeAreListed() throws SQLException {
    try (HikariDataSource pool = TestDatabase.openEmpty()) {
      Flyway.configure().dataSource(pool).target("8").load().migrate();
      String longest = "o".repeat(64);
      insert(pool, earlier(longest, "r-1", SettlementState.SETTLEMENT_STATE_PENDING));
      insert(pool, earlier(longest, "r".repeat(64), SettlementState.SETTLEMENT_STATE_SETTLING));
      insert(pool, earlier("o", "r", SettlementState.SETTLEMENT_STATE_COMPENSATING));
      Flyway.configure().dataSource(pool).load().migrate();

      PostgresSettlements settlements = new PostgresSettlements(pool, Clock.systemUTC());
      assertThat(settlements.list(longest, List.of(1, 2, 3), PageKey.START, 10))
          .extracting(found -> found.element().progress().getRequestId())
          .containsExactly("r".repeat(64), "r-1");
      assertThat(
              settlements.list(
                  "o",
                  List.of(SettlementState.SETTLEMENT_STATE_COMPENSATING_VALUE),
                  PageKey.START,
                  10))
          .singleElement()
          .satisfies(found -> assertThat(found.element().progress().getOwner()).isEqualTo("o"));
      assertThat(settlements.change(Keys.request("o", "r"), Settlement::cancelled)).isPresent();
      assertThat(
              settlements.list(
                  "o",
                  List.of(SettlementState.SETTLEMENT_STATE_CANCELLING_VALUE),
                  PageKey.START,
                  10))
          .hasSize(1);
    }
  }
}
