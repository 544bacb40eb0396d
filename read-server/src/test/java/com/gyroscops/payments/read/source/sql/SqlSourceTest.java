package com.gyroscops.payments.read.source.sql;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.CompleteSourceContract;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.StringJoiner;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SqlSourceTest extends CompleteSourceContract {

  private static ReadDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = ReadDatabase.fresh();
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  @Override
  protected Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.FIND,
        Capability.SEARCH,
        Capability.AGGREGATE,
        Capability.ANALYZE,
        Capability.SUGGEST,
        Capability.HISTORY,
        Capability.TIMELINE,
        Capability.EVENTS);
  }

  @Override
  protected PaymentSource newSource() throws Exception {
    database.execute(
        "truncate payments, payment_words, payment_events, payment_rollups, refund_rollups, parked_events");
    database.execute(
        "update checkpoints set log_id = '', epoch = '', position = 0, last_event_id = '',"
            + " ready_position = 0, parked = 0, fence = 0");
    return database.source();
  }

  @Test
  void rollupsEqualARecomputationAfterAnyRuns() throws Exception {
    for (long seed = 1; seed <= 5; seed++) {
      PaymentSource source = newSource();
      Random random = Seed.random(seed);
      SampleLog log = new SampleLog("payments", "epoch-1").random(random, 1_200);
      source.takeOver(1);
      SourcePosition at = source.begin(1, log.logId(), log.lineage(), 0).orElseThrow();
      while (at.position() < log.head()) {
        List<PaymentEvent> rest = log.after(at.position());
        int size = Math.min(rest.size(), 1 + random.nextInt(100));
        at = ((ApplyOutcome.Applied) source.apply(1, at, rest.subList(0, size))).at();
      }
      assertThat(database.wrongRollups()).as("seed %s", seed).isEmpty();
      assertThat(database.number("select sum(payment_count) from payment_rollups"))
          .isEqualTo(log.payments().size());
      assertThat(database.number("select count(*) from payment_events")).isEqualTo(log.head());
    }
  }

  @Test
  void anEventThatTheDatabaseRefusesIsParkedAloneAndTheRunIsApplied() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = new SampleLog("payments", "epoch-1");
    for (int i = 0; i < 20; i++) {
      if (i == 7) {
        // Refused by the second of the run's inserts: the first must not stay.
        Payment.Builder payment = log.create("acme", "template-2").getPayment().toBuilder();
        payment.getPersonalDataBuilder().putMetadata("note", "not \0 text");
        log.appendRaw(bad(log.events().getLast(), "bad-2", payment).build());
      }
      if (i == 13) {
        PaymentEvent event = log.create("acme", "template");
        log.appendRaw(
            bad(event, "bad", event.getPayment().toBuilder())
                .setCorrelationId("not \0 text")
                .build());
      }
      log.create("acme", "p" + i);
    }
    source.takeOver(1);
    SourcePosition start = source.begin(1, log.logId(), log.lineage(), 0).orElseThrow();
    // First some alone, so that the driver has the database keep the statements.
    SourcePosition at = start;
    for (PaymentEvent event : log.events().subList(0, 6)) {
      at = ((ApplyOutcome.Applied) source.apply(1, at, List.of(event))).at();
    }
    at = ((ApplyOutcome.Applied) source.apply(1, at, log.after(6))).at();
    assertThat(at.position()).isEqualTo(24);
    assertThat(at.parked()).isEqualTo(2);
    assertThat(source.find("acme", List.of("bad"))).isInstanceOf(Answer.Incomplete.class);
    assertThat(database.number("select count(*) from payments")).isEqualTo(22);
    assertThat(database.number("select count(*) from payment_events")).isEqualTo(22);
    assertThat(
            database.rows(
                "select payment_id, substring(reason for 15) from parked_events order by 1"))
        .containsExactly("bad|SQL error 22021", "bad-2|SQL error 22P05");
    assertThat(database.wrongRollups()).isEmpty();
    assertThat(source.retryParked(1).orElseThrow().parked()).isEqualTo(2);
  }

  private static PaymentEvent.Builder bad(
      PaymentEvent template, String paymentId, Payment.Builder payment) {
    return template.toBuilder().setPaymentId(paymentId).setPayment(payment.setPaymentId(paymentId));
  }

  @Test
  void aSecondFirstVersionOfAPaymentIsParked() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = new SampleLog("payments", "epoch-1");
    PaymentEvent first = log.create("acme", "p1");
    source.takeOver(1);
    SourcePosition at = source.begin(1, log.logId(), log.lineage(), 0).orElseThrow();
    at = ((ApplyOutcome.Applied) source.apply(1, at, log.events())).at();
    log.appendRaw(first);
    at = ((ApplyOutcome.Applied) source.apply(1, at, log.after(1))).at();
    assertThat(at.parked()).isEqualTo(1);
    assertThat(database.wrongRollups()).isEmpty();
  }

  @Test
  void pendingWordsAreIndexedOnceAndFoundBeforeAndAfter() throws Exception {
    SqlSource source = (SqlSource) newSource();
    SampleLog log = new SampleLog("payments", "epoch-1");
    log.create("acme", "p1");
    log.update("acme", "p1", "a lamp, blue");
    source.takeOver(1);
    SourcePosition at = source.begin(1, log.logId(), log.lineage(), 0).orElseThrow();
    source.indexWords();
    var _ = source.apply(1, at, log.events());
    assertThat(data(source.search(textSearch("lamp"))).payments()).hasSize(1);

    assertThat(source.indexWords()).isPositive();
    assertThat(database.number("select gin_clean_pending_list('payment_words_by_word')")).isZero();
    assertThat(data(source.search(textSearch("lamp"))).payments()).hasSize(1);
    assertThat(source.indexWords()).isZero();
  }

  @Test
  void theIndexedSearchesUseTheirIndexes() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = new SampleLog("payments", "epoch-1").random(Seed.random(9), 20_000);
    source.takeOver(1);
    SourcePosition start = source.begin(1, log.logId(), log.lineage(), 0).orElseThrow();
    source.apply(1, start, log.events());
    database.execute("analyze");
    assertThat(plan("status = 1", "effective_at")).contains("payments_by_status");
    assertThat(plan("user_id = 'user-1' and user_id <> ''", "effective_at"))
        .contains("payments_by_user");
    assertThat(plan("status <> 6", "effective_at")).contains("payments_by_effective_time");
    assertThat(plan("status <> 6", "update_at")).contains("payments_by_update_time");
    assertThat(plan("currency = 'EUR'", "amount")).contains("payments_by_amount");
    assertThat(plan("merchant_reference = 'order-1' and merchant_reference <> ''", "effective_at"))
        .contains("payments_by_merchant_reference");
  }

  /** Statistics that count one organization alone say nothing of others, which may be large. */
  @Test
  void organizationsNewerThanTheStatisticsAreReadByTheKeysOfWhatIsAskedFor() throws Exception {
    newSource();
    fill("old", 1, 20_000);
    database.execute("analyze");
    fill("new", 20_001, 25_000);
    SqlQueries queries = new SqlQueries("sql");
    assertThat(plan(queries.find("new", List.of("p-22000")))).contains("payments_pkey");
    assertThat(plan(queries.history("new", "p-22000", 0, 10))).contains("payment_events_pkey");
    assertThat(plan(queries.events("new", Optional.of("p-22000"), 0, 10)))
        .contains("payment_events_pkey");
    assertThat(plan(queries.timeline("new", "c-22000", 0, 10))).contains("payment_events_timeline");
    assertThat(plan(queries.events("new", Optional.empty(), 22_000, 10)))
        .contains("payment_events_by_position");
  }

  /** Planning costs several times what it takes to run them. */
  @Test
  void whatIsAskedForByKeyIsNotPlannedEachTime() throws Exception {
    newSource();
    fill("acme", 1, 20_000);
    database.execute("analyze");
    SqlQueries queries = new SqlQueries("sql");
    try (Connection connection = database.connect()) {
      for (int i = 1; i <= 20; i++) {
        run(connection, queries.find("acme", List.of("p-" + i)));
        run(connection, queries.history("acme", "p-" + i, 0, 10));
        run(connection, queries.events("acme", Optional.of("p-" + i), 0, 10));
        run(connection, queries.timeline("acme", "c-" + i, 0, 10));
      }
      try (Statement statement = connection.createStatement();
          ResultSet plans =
              statement.executeQuery(
                  "select generic_plans, custom_plans, statement from pg_prepared_statements")) {
        int statements = 0;
        while (plans.next()) {
          statements++;
          assertThat(plans.getLong("generic_plans")).as(plans.getString("statement")).isPositive();
        }
        assertThat(statements).isEqualTo(4);
      }
    }
  }

  private static void run(Connection connection, Sql query) throws SQLException {
    try (PreparedStatement statement = query.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      assertThat(rows.next()).isTrue();
    }
  }

  private static void fill(String organization, int first, int last) throws Exception {
    database.execute(
        """
        insert into payments (version, position, amount, effective_at, update_at, status,
          organization_id, payment_id, currency, user_id, merchant_reference, provider_reference,
          correlation_id, payment)
        select 1, g, g %% 100, g, g, 1, '%1$s', 'p-' || g, 'EUR', 'u', 'm-' || g, 'r-' || g, '', ''
        from generate_series(%2$d, %3$d) g\
        """
            .formatted(organization, first, last));
    database.execute(
        """
        insert into payment_events (version, position, organization_id, payment_id, correlation_id,
          event)
        select 1, g, '%1$s', 'p-' || g, 'c-' || g, '' from generate_series(%2$d, %3$d) g\
        """
            .formatted(organization, first, last));
  }

  private static String plan(Sql query) throws SQLException {
    try (Connection connection = database.connect();
        PreparedStatement statement = new Sql("explain ").append(query).prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      StringJoiner plan = new StringJoiner("\n");
      while (rows.next()) {
        plan.add(rows.getString(1));
      }
      return plan.toString();
    }
  }

  private static String plan(String filter, String order) throws Exception {
    return String.join(
        "\n",
        database.rows(
            "explain select payment from payments where organization_id = 'org-1' and "
                + filter
                + " order by "
                + order
                + " desc, payment_id desc limit 51"));
  }
}
