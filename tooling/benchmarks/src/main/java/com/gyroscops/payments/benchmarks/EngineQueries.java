package com.gyroscops.payments.benchmarks;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.ReadSource;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * The questions of {@link SampleQueries}, put to the engines themselves by this process: what they
 * cost without a read-server. Checkpoints and parked events, which a source reads besides, are left
 * out. For concurrent use.
 */
final class EngineQueries {

  /** As many as the read-server lets its queries use. */
  private static final int CONNECTIONS = 12;

  private static final String INDEX = "gyroscops-payments";
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);

  private static final String FILTERED =
      """
      select payment from payments
      where organization_id = ? and status = ? and currency = ? and amount between ? and ?
      order by amount desc, payment_id desc limit ?\
      """;

  private static final String TEXT =
      """
      select p.payment from payment_words w join payments p using (organization_id, payment_id)
      where w.organization_id = ? and w.words @@ ?::tsquery and p.status <> ?
      order by p.effective_at desc, p.payment_id desc limit ?\
      """;

  private static final String STATISTICS =
      """
      select currency, status, sum(payment_count), sum(amount) from payment_rollups
      where organization_id = ? group by currency, status\
      """;

  private static final String ANALYTICS =
      """
      select status, date_trunc('day', to_timestamp(effective_at / 1e6) at time zone 'UTC'),
        count(*), sum(amount), min(amount), max(amount),
        percentile_disc(0.5) within group (order by amount)
      from payments
      where organization_id = ? and currency = ? and amount between ? and ? and status <> ?
      group by 1, 2\
      """;

  private final HikariDataSource pool;
  private final Semaphore gate = new Semaphore(CONNECTIONS, true);
  private final URI search;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  EngineQueries(Stack stack) {
    pool = stack.readPool(CONNECTIONS);
    search = stack.searchUrl().resolve("/" + INDEX + "/_search");
  }

  void filtered(ReadSource source, CreatePaymentRequest about)
      throws SQLException, IOException, InterruptedException {
    long min = about.getAmount().getMinorUnits();
    long max = min + SampleQueries.AMOUNT_WIDTH;
    if (source == ReadSource.READ_SOURCE_SEARCH) {
      ask(
          """
          {"size": %d, "track_total_hits": false,
           "sort": [{"amount": "desc"}, {"payment_id": "desc"}],
           "query": {"bool": {"filter": [{"term": {"organization": "%s"}},
             {"term": {"status": "%d"}}, {"term": {"currency": "%s"}},
             {"range": {"amount": {"gte": %d, "lte": %d}}}]}}}
          """
              .formatted(
                  SampleQueries.PAGE_SIZE,
                  about.getOrganizationId(),
                  PaymentStatus.PAYMENT_STATUS_COMPLETED_VALUE,
                  about.getAmount().getCurrencyCode(),
                  min,
                  max));
      return;
    }
    query(
        FILTERED,
        about.getOrganizationId(),
        PaymentStatus.PAYMENT_STATUS_COMPLETED_VALUE,
        about.getAmount().getCurrencyCode(),
        min,
        max,
        SampleQueries.PAGE_SIZE);
  }

  void text(ReadSource source, CreatePaymentRequest about)
      throws SQLException, IOException, InterruptedException {
    String[] words = SampleQueries.textOf(about).split(" ", -1);
    if (source == ReadSource.READ_SOURCE_SEARCH) {
      ask(
          """
          {"size": %d, "track_total_hits": false,
           "sort": [{"effective_at": "desc"}, {"payment_id": "desc"}],
           "query": {"bool": {"filter": [{"term": {"organization": "%s"}},
             {"term": {"words": "%s"}}, {"term": {"words": "%s"}}],
             "must_not": [{"term": {"status": "%d"}}]}}}
          """
              .formatted(
                  SampleQueries.PAGE_SIZE,
                  about.getOrganizationId(),
                  words[0],
                  words[1],
                  PaymentStatus.PAYMENT_STATUS_DELETED_VALUE));
      return;
    }
    query(
        TEXT,
        about.getOrganizationId(),
        "'" + words[0] + "' & '" + words[1] + "'",
        PaymentStatus.PAYMENT_STATUS_DELETED_VALUE,
        SampleQueries.PAGE_SIZE);
  }

  void statistics(CreatePaymentRequest about) throws SQLException, InterruptedException {
    query(STATISTICS, about.getOrganizationId());
  }

  void analytics(CreatePaymentRequest about) throws SQLException, InterruptedException {
    query(
        ANALYTICS,
        about.getOrganizationId(),
        about.getAmount().getCurrencyCode(),
        about.getAmount().getMinorUnits(),
        about.getAmount().getMinorUnits() + SampleQueries.AMOUNT_WIDTH,
        PaymentStatus.PAYMENT_STATUS_DELETED_VALUE);
  }

  private void query(String sql, Object... arguments) throws SQLException, InterruptedException {
    gate.acquire();
    try (Connection connection = pool.getConnection();
        PreparedStatement select = connection.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        select.setObject(i + 1, arguments[i]);
      }
      try (ResultSet rows = select.executeQuery()) {
        if (!rows.next()) {
          throw new SQLException("nothing found that must be there");
        }
        while (rows.next()) {
          rows.getObject(1);
        }
      }
    } finally {
      gate.release();
    }
  }

  private void ask(String body) throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(search)
                .timeout(ANSWER_MAX)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    JsonObject answer = JsonParser.parseString(response.body()).getAsJsonObject();
    if (response.statusCode() != 200
        || answer.getAsJsonObject("hits").getAsJsonArray("hits").isEmpty()) {
      throw new IOException("the search engine answered " + response.statusCode());
    }
  }
}
