package com.gyroscops.payments.read.app;

import static com.gyroscops.payments.read.UntilFresh.untilFresh;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

class MigrationTest {

  @Test
  void aReadModelFromBeforeSearchByTextIsFilledAnew() throws Exception {
    LocalPostgres postgres = ReadDatabase.shared();
    String name = ReadDatabase.emptyDatabase(postgres);
    String url = postgres.jdbcUrl(name);
    Flyway.configure()
        .dataSource(url, postgres.user(), "")
        .locations("classpath:db/read/migration")
        .target("1")
        .load()
        .migrate();
    try (Connection connection = DriverManager.getConnection(url, postgres.user(), "");
        Statement statement = connection.createStatement()) {
      statement.execute(
          "update checkpoints set log_id = 'payments', epoch = 'epoch-1', position = 1,"
              + " last_event_id = 'event', ready_position = 1, fence = 7");
    }
    SampleLog log = new SampleLog("payments", "epoch-1");
    log.create("acme", "p1");
    log.update("acme", "p1", "a green lamp");
    try (ScriptedFeed feed = new ScriptedFeed(log);
        RunningReplica replica =
            RunningReplica.start(ReadDatabase.settings(postgres, name), feed, Map.of())) {
      eventually("it serves", replica::isServing);
      var search =
          SearchPaymentsRequest.newBuilder()
              .setOrganizationId("acme")
              .setReadOptions(RunningReplica.fullyConsistent());
      search.getFilterBuilder().setText("lamp");
      assertThat(
              untilFresh(() -> replica.queries().searchPayments(search.build())).getPaymentsList())
          .containsExactly(log.payments().getFirst());
    }
  }
}
