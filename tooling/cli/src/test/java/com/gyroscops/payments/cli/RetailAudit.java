package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.gyroscops.payments.cli.imports.CommandFile;
import com.gyroscops.payments.cli.imports.ImportRow;
import com.gyroscops.payments.cli.imports.ImportRow.PaymentKey;
import com.gyroscops.payments.cli.imports.ImportRow.Sendable;
import com.gyroscops.payments.v1.BatchGetPaymentsRequest;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.CurrencyStatistics;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import com.gyroscops.payments.v1.ReadOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Compares a stack after the import of the input with what must be there: the file itself, played
 * by the three rules that it needs, and the expectations that came with it.
 */
final class RetailAudit {

  private static final int BATCH = 200;

  /** A lease of a projector that died has to end first. */
  private static final Duration CATCH_UP_MAX = Duration.ofMinutes(3);

  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration CALL_MAX = Duration.ofSeconds(30);

  private static final String ROLLUPS_RECOMPUTED =
      """
      with
        kept as (
          select organization_id, bucket_at, currency, status, payment_count, amount
          from payment_rollups where payment_count <> 0 or amount <> 0),
        recomputed as (
          select organization_id, effective_at / 900000000 * 900000000, currency, status, count(*),
            sum(amount)
          from payments group by 1, 2, 3, 4)
      select count(*) from (
        (select * from kept except select * from recomputed)
        union all (select * from recomputed except select * from kept)) difference
      """;

  private static final String REFUND_ROLLUPS_RECOMPUTED =
      """
      with
        kept as (
          select organization_id, bucket_at, currency, refund_count, amount
          from refund_rollups where refund_count <> 0 or amount <> 0),
        recomputed as (
          select organization_id, refund_at / 900000000 * 900000000, refund_currency, count(*),
            sum(refund_amount)
          from payment_events where refund_at is not null group by 1, 2, 3)
      select count(*) from (
        (select * from kept except select * from recomputed)
        union all (select * from recomputed except select * from kept)) difference
      """;

  private final CliStack stack;
  private final JsonObject expected;

  /** Request ids of the rows that must be accepted, in order, by payment. */
  private final Map<PaymentKey, List<String>> accepted = new LinkedHashMap<>();

  RetailAudit(CliStack stack, CliStack.Input input) throws IOException {
    this.stack = stack;
    this.expected = JsonParser.parseString(Files.readString(input.expected())).getAsJsonObject();
    try (CommandFile rows = CommandFile.open(input.commands())) {
      while (rows.hasNext()) {
        ImportRow row = rows.next();
        if (row instanceof Sendable sendable && isAccepted(sendable)) {
          accepted
              .computeIfAbsent(sendable.key(), key -> new ArrayList<>())
              .add(requestId(sendable.command()));
        }
      }
    }
    assertThat(accepted.values().stream().mapToInt(List::size).sum())
        .isEqualTo(expected.get("accepted").getAsInt());
  }

  private boolean isAccepted(Sendable row) {
    Command command = row.command();
    return switch (command.getCommandCase()) {
      case CREATE -> command.getCreate().getAmount().getMinorUnits() > 0;
      case REFUND ->
          command.getRefund().getAmount().getMinorUnits() > 0 && accepted.containsKey(row.key());
      default -> accepted.containsKey(row.key());
    };
  }

  private static String requestId(Command command) {
    return switch (command.getCommandCase()) {
      case CREATE -> command.getCreate().getContext().getRequestId();
      case PROCESS -> command.getProcess().getContext().getRequestId();
      case REFUND -> command.getRefund().getContext().getRequestId();
      default -> throw new AssertionError("the file has no " + command.getCommandCase());
    };
  }

  int rejected() {
    return expected.get("rejected").getAsInt();
  }

  /** What an import of the file must say. */
  void assertCounts(JsonObject result) {
    assertThat(result.get("accepted")).isEqualTo(expected.get("accepted"));
    assertThat(result.get("rejected")).isEqualTo(expected.get("rejected"));
    assertThat(result.get("rows").getAsInt())
        .isEqualTo(expected.get("accepted").getAsInt() + expected.get("rejected").getAsInt());
    assertThat(result.get("complete").getAsBoolean()).isTrue();
  }

  /** Everything, on every read-server. */
  void assertAllThereOnce(int readServers) throws Exception {
    assertLog();
    for (int i = 0; i < readServers; i++) {
      ManagedChannel channel = stack.readServer(i);
      try {
        var queries = QueryServiceGrpc.newBlockingStub(channel);
        assertStatistics(queries);
        assertPayments(queries);
      } finally {
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
      }
    }
    assertReadModel();
  }

  /**
   * The first answer. Reads may be refused while the projection comes back from what was killed,
   * but not for long.
   */
  private <T> T answered(
      QueryServiceBlockingStub queries, Function<QueryServiceBlockingStub, T> query)
      throws IOException {
    long deadline = System.nanoTime() + CATCH_UP_MAX.toNanos();
    while (true) {
      try {
        return query.apply(queries.withDeadlineAfter(CALL_MAX.toMillis(), TimeUnit.MILLISECONDS));
      } catch (StatusRuntimeException e) {
        Status.Code code = e.getStatus().getCode();
        if (code != Status.Code.UNAVAILABLE && code != Status.Code.DEADLINE_EXCEEDED) {
          throw e;
        }
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError(stack.status().out(), e);
        }
      }
    }
  }

  private void assertStatistics(QueryServiceBlockingStub queries) throws IOException {
    JsonObject organizations = expected.getAsJsonObject("by_org");
    for (String organization : organizations.keySet()) {
      JsonObject figures = organizations.getAsJsonObject(organization);
      var request =
          GetPaymentStatisticsRequest.newBuilder()
              .setOrganizationId(organization)
              .setReadOptions(current())
              .build();
      var response = answered(queries, stub -> stub.getPaymentStatistics(request));
      assertThat(response.getCurrenciesList()).as(organization).hasSize(1);
      CurrencyStatistics pounds = response.getCurrencies(0);
      assertThat(pounds.getCurrencyCode()).isEqualTo("GBP");
      assertThat(pounds.getPaymentCount())
          .as(organization)
          .isEqualTo(figures.get("payments").getAsLong());
      assertThat(pounds.getGrossMinorUnits())
          .as(organization)
          .isEqualTo(figures.get("gross_minor").getAsLong());
      assertThat(pounds.getRefundedMinorUnits())
          .as(organization)
          .isEqualTo(figures.get("refunded_minor").getAsLong());
    }
  }

  private void assertPayments(QueryServiceBlockingStub queries) throws IOException {
    Map<String, List<String>> byOrganization = new HashMap<>();
    accepted
        .keySet()
        .forEach(key ->
            byOrganization
                .computeIfAbsent(key.organization(), name -> new ArrayList<>())
                .add(key.payment()));
    for (Map.Entry<String, List<String>> each : byOrganization.entrySet()) {
      String organization = each.getKey();
      List<String> payments = each.getValue();
      for (int from = 0; from < payments.size(); from += BATCH) {
        List<String> ids = payments.subList(from, Math.min(from + BATCH, payments.size()));
        var request =
            BatchGetPaymentsRequest.newBuilder()
                .setOrganizationId(organization)
                .addAllPaymentIds(ids)
                .setReadOptions(current())
                .build();
        var response = answered(queries, stub -> stub.batchGetPayments(request));
        assertThat(response.getMissingPaymentIdsList()).isEmpty();
        for (Payment payment : response.getPaymentsList()) {
          PaymentKey key = new PaymentKey(organization, payment.getPaymentId());
          assertThat(payment.getVersion())
              .as(key.toString())
              .isEqualTo(accepted.getOrDefault(key, List.of()).size());
        }
      }
    }
  }

  /** Positions dense, versions contiguous, each accepted row one event, in its payment's order. */
  private void assertLog() throws SQLException, IOException {
    try (Connection connection = stack.database("payments_write")) {
      assertThat(number(connection, "select count(*) from events"))
          .isEqualTo(expected.get("accepted").getAsLong())
          .isEqualTo(number(connection, "select coalesce(max(position), 0) from events"))
          .isEqualTo(number(connection, "select position from outbox_head"));
      assertThat(
              number(
                  connection,
                  """
                  select count(*) from payments p
                  where not exists (
                    select from events e where e.payment_key = p.payment_key
                    having count(*) = p.version and max(e.version) = p.version
                      and count(distinct e.version) = p.version
                      and max(e.position) = p.last_position)
                  """))
          .isZero();
      Map<PaymentKey, List<String>> logged = new HashMap<>();
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("select payload from events order by position")) {
        while (rows.next()) {
          PaymentEvent event = PaymentEvent.parseFrom(rows.getBytes(1));
          logged
              .computeIfAbsent(
                  new PaymentKey(event.getOrganizationId(), event.getPaymentId()),
                  key -> new ArrayList<>())
              .add(event.getRequestId());
        }
      }
      assertThat(logged).isEqualTo(accepted);
    }
  }

  /** The read model holds the same events, once, and its rollups equal a recomputation. */
  private void assertReadModel() throws SQLException, IOException {
    try (Connection connection = stack.database("payments_read")) {
      // Another source may have answered before.
      eventually(
          "the sql source has the whole log",
          CATCH_UP_MAX,
          POLL,
          () ->
              number(
                      connection,
                      "select coalesce(max(position), 0) from checkpoints where source = 'sql'")
                  >= expected.get("accepted").getAsLong());
      Set<String> requests = new HashSet<>();
      int events = 0;
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("select event from payment_events")) {
        while (rows.next()) {
          events++;
          requests.add(PaymentEvent.parseFrom(rows.getBytes(1)).getRequestId());
        }
      }
      Set<String> all = new HashSet<>();
      accepted.values().forEach(all::addAll);
      assertThat(requests).isEqualTo(all);
      assertThat(events).isEqualTo(all.size());
      assertThat(number(connection, ROLLUPS_RECOMPUTED)).isZero();
      assertThat(number(connection, REFUND_ROLLUPS_RECOMPUTED)).isZero();
      assertThat(number(connection, "select count(*) from parked_events")).isZero();
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static ReadOptions current() {
    return ReadOptions.newBuilder()
        .setConsistency(Consistency.newBuilder().setFullyConsistent(true))
        .build();
  }
}
