package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.Micros;
import com.gyroscops.payments.read.source.PaymentKey;
import com.gyroscops.payments.read.source.Words;
import com.gyroscops.payments.read.source.sql.ApplyPlan.Delta;
import com.gyroscops.payments.read.source.sql.ApplyPlan.PaymentRollup;
import com.gyroscops.payments.read.source.sql.ApplyPlan.RefundRollup;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes a plan's rows: one statement a table, with an array for each column. */
final class SqlRows {

  private SqlRows() {}

  /** What writes the plan's accepted events and what follows from them. */
  static List<Sql> writing(ApplyPlan plan) {
    List<Sql> statements = new ArrayList<>();
    if (!plan.accepted.isEmpty()) {
      statements.add(events(plan.accepted));
      statements.add(payments(List.copyOf(plan.newest.values())));
    }
    if (!plan.worded.isEmpty()) {
      statements.add(words(plan));
    }
    plan.payments.values().removeIf(Delta::isNothing);
    if (!plan.payments.isEmpty()) {
      statements.add(paymentRollups(List.copyOf(plan.payments.entrySet())));
    }
    if (!plan.refunds.isEmpty()) {
      statements.add(refundRollups(List.copyOf(plan.refunds.entrySet())));
    }
    return statements;
  }

  private static Sql events(List<PaymentEvent> events) {
    int n = events.size();
    long[] versions = new long[n];
    long[] positions = new long[n];
    long[] refundTimes = new long[n];
    long[] refundAmounts = new long[n];
    String[] organizations = new String[n];
    String[] payments = new String[n];
    String[] correlations = new String[n];
    @Nullable String[] refundCurrencies = new String[n];
    byte[][] bytes = new byte[n][];
    for (int i = 0; i < n; i++) {
      PaymentEvent event = events.get(i);
      versions[i] = event.getVersion();
      positions[i] = event.getPosition();
      organizations[i] = event.getOrganizationId();
      payments[i] = event.getPaymentId();
      correlations[i] = event.getCorrelationId();
      bytes[i] = event.toByteArray();
      if (event.hasRefunded()) {
        var amount = event.getRefunded().getRefund().getAmount();
        refundTimes[i] = Micros.of(ApplyPlan.refundTime(event));
        refundAmounts[i] = amount.getMinorUnits();
        refundCurrencies[i] = amount.getCurrencyCode();
      }
    }
    return new Sql("insert into payment_events (version, position, refund_at, refund_amount,")
        .append(" organization_id, payment_id, correlation_id, refund_currency, event)")
        // The currency tells a refund: arrays of primitives have no nulls.
        .append(
            " select v, l, case when c is not null then t end, case when c is not null then a end,")
        .append(" o, p, r, c, e from ")
        .append("unnest(?, ?, ?, ?, ", versions, positions, refundTimes, refundAmounts)
        .append("?, ?, ?, ?, ?)", organizations, payments, correlations, refundCurrencies, bytes)
        .append(" as u (v, l, t, a, o, p, r, c, e)");
  }

  private static Sql payments(List<PaymentEvent> newest) {
    int n = newest.size();
    long[] versions = new long[n];
    long[] positions = new long[n];
    long[] amounts = new long[n];
    long[] effectiveTimes = new long[n];
    long[] updateTimes = new long[n];
    short[] statuses = new short[n];
    String[] organizations = new String[n];
    String[] payments = new String[n];
    String[] currencies = new String[n];
    String[] users = new String[n];
    String[] merchantReferences = new String[n];
    String[] providerReferences = new String[n];
    String[] correlations = new String[n];
    @Nullable String[] metadata = new String[n];
    byte[][] bytes = new byte[n][];
    for (int i = 0; i < n; i++) {
      PaymentEvent event = newest.get(i);
      Payment payment = event.getPayment();
      versions[i] = payment.getVersion();
      positions[i] = event.getPosition();
      amounts[i] = payment.getAmount().getMinorUnits();
      effectiveTimes[i] = Micros.of(payment.getEffectiveTime());
      updateTimes[i] = Micros.of(payment.getUpdateTime());
      statuses[i] = (short) payment.getStatusValue();
      organizations[i] = payment.getOrganizationId();
      payments[i] = payment.getPaymentId();
      currencies[i] = payment.getAmount().getCurrencyCode();
      users[i] = payment.getPersonalData().getUserId();
      merchantReferences[i] = payment.getMerchantReference();
      providerReferences[i] = payment.getProviderReference();
      correlations[i] = payment.getCorrelationId();
      Map<String, String> pairs = payment.getPersonalData().getMetadataMap();
      metadata[i] = pairs.isEmpty() ? null : MetadataJson.of(pairs);
      bytes[i] = payment.toByteArray();
    }
    return new Sql(
            "insert into payments (version, position, amount, effective_at, update_at, status,")
        .append(" organization_id, payment_id, currency, user_id, merchant_reference,")
        .append(" provider_reference, correlation_id, metadata, payment)")
        .append(" select v, l, a, f, t, s, o, p, c, u, m, r, i, d::jsonb, b from ")
        .append("unnest(?, ?, ?, ", versions, positions, amounts)
        .append("?, ?, ?, ", effectiveTimes, updateTimes, statuses)
        .append("?, ?, ?, ?, ", organizations, payments, currencies, users)
        .append("?, ?, ?, ", merchantReferences, providerReferences, correlations)
        .append("?, ?)", metadata, bytes)
        .append(" as n (v, l, a, f, t, s, o, p, c, u, m, r, i, d, b)")
        .append(" on conflict (organization_id, payment_id) do update set")
        .append(" version = excluded.version, position = excluded.position,")
        .append(" update_at = excluded.update_at, status = excluded.status,")
        .append(" user_id = excluded.user_id, metadata = excluded.metadata,")
        .append(" merchant_reference = excluded.merchant_reference,")
        .append(" provider_reference = excluded.provider_reference,")
        .append(" correlation_id = excluded.correlation_id, payment = excluded.payment")
        .append(" where payments.version < excluded.version");
  }

  private static Sql words(ApplyPlan plan) {
    int n = plan.worded.size();
    String[] organizations = new String[n];
    String[] payments = new String[n];
    String[] descriptions = new String[n];
    String[] words = new String[n];
    String[] descriptionWords = new String[n];
    int i = 0;
    for (PaymentKey key : plan.worded) {
      Payment payment = Objects.requireNonNull(plan.newest.get(key)).getPayment();
      String description = payment.getPersonalData().getDescription();
      organizations[i] = key.organizationId();
      payments[i] = key.paymentId();
      descriptions[i] = description;
      words[i] = SqlText.lexemes(key.organizationId(), Words.of(payment));
      descriptionWords[i] = SqlText.lexemes(Words.of(description));
      i++;
    }
    return new Sql("insert into payment_words")
        .append(" (organization_id, payment_id, description, words, description_words)")
        .append(" select o, p, d, array_to_tsvector(string_to_array(w, ' ')),")
        .append(" array_to_tsvector(string_to_array(e, ' ')) from ")
        .append("unnest(?, ?, ?, ", organizations, payments, descriptions)
        .append("?, ?) as n (o, p, d, w, e)", words, descriptionWords)
        .append(" on conflict (organization_id, payment_id) do update set")
        .append(" description = excluded.description, words = excluded.words,")
        .append(" description_words = excluded.description_words")
        .append(" where payment_words.words <> excluded.words")
        .append(" or payment_words.description <> excluded.description");
  }

  private static Sql paymentRollups(List<Map.Entry<PaymentRollup, Delta>> deltas) {
    int n = deltas.size();
    long[] buckets = new long[n];
    long[] counts = new long[n];
    short[] statuses = new short[n];
    String[] organizations = new String[n];
    String[] currencies = new String[n];
    String[] amounts = new String[n];
    for (int i = 0; i < n; i++) {
      PaymentRollup rollup = deltas.get(i).getKey();
      buckets[i] = rollup.bucketAt();
      counts[i] = deltas.get(i).getValue().count;
      statuses[i] = (short) rollup.status();
      organizations[i] = rollup.organizationId();
      currencies[i] = rollup.currency();
      amounts[i] = deltas.get(i).getValue().amount.toString();
    }
    return new Sql("insert into payment_rollups")
        .append(" (bucket_at, payment_count, status, organization_id, currency, amount)")
        .append(" select b, n, s, o, c, a::numeric from ")
        .append("unnest(?, ?, ?, ", buckets, counts, statuses)
        .append("?, ?, ?)", organizations, currencies, amounts)
        .append(" as d (b, n, s, o, c, a)")
        .append(" on conflict (organization_id, bucket_at, currency, status) do update set")
        .append(" payment_count = payment_rollups.payment_count + excluded.payment_count,")
        .append(" amount = payment_rollups.amount + excluded.amount");
  }

  private static Sql refundRollups(List<Map.Entry<RefundRollup, Delta>> deltas) {
    int n = deltas.size();
    long[] buckets = new long[n];
    long[] counts = new long[n];
    String[] organizations = new String[n];
    String[] currencies = new String[n];
    String[] amounts = new String[n];
    for (int i = 0; i < n; i++) {
      RefundRollup rollup = deltas.get(i).getKey();
      buckets[i] = rollup.bucketAt();
      counts[i] = deltas.get(i).getValue().count;
      organizations[i] = rollup.organizationId();
      currencies[i] = rollup.currency();
      amounts[i] = deltas.get(i).getValue().amount.toString();
    }
    return new Sql("insert into refund_rollups")
        .append(" (bucket_at, refund_count, organization_id, currency, amount)")
        .append(" select b, n, o, c, a::numeric from ")
        .append("unnest(?, ?, ?, ?, ?)", buckets, counts, organizations, currencies, amounts)
        .append(" as d (b, n, o, c, a)")
        .append(" on conflict (organization_id, bucket_at, currency) do update set")
        .append(" refund_count = refund_rollups.refund_count + excluded.refund_count,")
        .append(" amount = refund_rollups.amount + excluded.amount");
  }

  static Sql parking(String source, List<ApplyPlan.Parked> parked) {
    int n = parked.size();
    long[] positions = new long[n];
    long[] versions = new long[n];
    String[] organizations = new String[n];
    String[] payments = new String[n];
    String[] reasons = new String[n];
    byte[][] bytes = new byte[n][];
    for (int i = 0; i < n; i++) {
      PaymentEvent event = parked.get(i).event();
      positions[i] = event.getPosition();
      versions[i] = event.getVersion();
      organizations[i] = event.getOrganizationId();
      payments[i] = event.getPaymentId();
      reasons[i] = parked.get(i).reason();
      bytes[i] = event.toByteArray();
    }
    return new Sql("insert into parked_events")
        .append(" (source, position, version, organization_id, payment_id, reason, event)")
        .append(" select ?, l, v, o, p, r, e from ", source)
        .append("unnest(?, ?, ?, ", positions, versions, organizations)
        .append("?, ?, ?) as d (l, v, o, p, r, e)", payments, reasons, bytes);
  }

  static List<PaymentEvent> parkedEvents(Connection connection, String source, PaymentKey key)
      throws SQLException {
    Sql sql =
        new Sql("select event from parked_events where source = ?", source)
            .append(
                " and organization_id = ? and payment_id = ?",
                key.organizationId(),
                key.paymentId())
            // As they came, unless they came in the wrong order.
            .append(" order by version, position");
    List<PaymentEvent> events = new ArrayList<>();
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        events.add(SqlQueries.event(rows.getBytes(1)));
      }
    }
    return events;
  }
}
