package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.read.source.Totals;
import com.gyroscops.payments.read.source.TotalsSpan;
import com.gyroscops.payments.v1.PaymentStatus;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The statement behind statistics: rollups for whole quarters of an hour, and payments and refund
 * events for what a span holds of others, at most one at each end.
 */
final class SqlTotals {

  /** Length of a rollup's span of time, in microseconds: a quarter of an hour. */
  static final long BUCKET_MICROS = 15L * 60 * 1_000_000;

  private static final int PAYMENTS = 0;
  private static final int REFUNDS = 1;

  private final String source;

  SqlTotals(String source) {
    this.source = source;
  }

  /** Start of the bucket that a time lies in. */
  static long bucketOf(long micros) {
    return Math.floorDiv(micros, BUCKET_MICROS) * BUCKET_MICROS;
  }

  Sql statement(TotalsSpan span) {
    Sql parked =
        span.organizationId()
            .map(organization -> new Sql("e.organization_id = ?", organization))
            .orElseGet(() -> new Sql("true"));
    Parts parts = Parts.of(span.time());
    Sql sql =
        SqlReads.snapshot(source, parked, "t.kind, t.currency, t.status, t.payments, t.amount")
            .append("left join lateral (select ")
            .append(PAYMENTS + " as kind, currency, status, sum(payments) as payments,")
            .append(" sum(amount) as amount from (");
    rollups(sql, "payment_rollups", "status, payment_count", parts, span);
    for (Edge edge : parts.edges()) {
      sql.append(" union all select p.currency, p.status, 1, p.amount");
      edge(sql, "payments p", "payment_rollups", "p.effective_at", "p.currency", edge, span);
    }
    sql.append(") r group by currency, status having sum(payments) <> 0 union all select ")
        .append(REFUNDS + ", currency, 0, sum(payments), sum(amount) from (");
    rollups(sql, "refund_rollups", "0 as status, refund_count", parts, span);
    for (Edge edge : parts.edges()) {
      sql.append(" union all select p.refund_currency, 0, 1, p.refund_amount");
      edge(
          sql,
          "payment_events p",
          "refund_rollups",
          "p.refund_at",
          "p.refund_currency",
          edge,
          span);
    }
    return sql.append(") r group by currency having sum(payments) <> 0) t on true")
        .append(" where c.source = ? order by t.kind, t.currency, t.status", source);
  }

  private static void rollups(Sql sql, String table, String columns, Parts parts, TotalsSpan span) {
    sql.append(
        "select currency, " + columns + " as payments, amount from " + table + " where true");
    span.organizationId().ifPresent(it -> sql.append(" and organization_id = ?", it));
    bounds(sql, "bucket_at", parts.whole());
    currencies(sql, "currency", span);
  }

  private static void edge(
      Sql sql,
      String table,
      String rollups,
      String time,
      String currency,
      Edge edge,
      TotalsSpan span) {
    if (span.organizationId().isPresent()) {
      sql.append(" from " + table + " where p.organization_id = ?", span.organizationId().get());
    } else {
      // The rollups know which organizations have anything in that quarter of an hour.
      sql.append(" from (select distinct organization_id from " + rollups)
          .append(" where bucket_at = ?) o", bucketOf(edge.from()))
          .append(" join " + table + " on p.organization_id = o.organization_id where true");
    }
    sql.append(" and " + time + " >= ? and " + time + " < ?", edge.from(), edge.to());
    currencies(sql, currency, span);
  }

  private static void bounds(Sql sql, String column, Span span) {
    Long min = span.min();
    if (min != null) {
      sql.append(" and " + column + " >= ?", min);
    }
    Long max = span.max();
    if (max != null) {
      sql.append(" and " + column + " < ?", max);
    }
  }

  private static void currencies(Sql sql, String column, TotalsSpan span) {
    if (!span.currencies().isEmpty()) {
      sql.append(
          " and " + column + " = any (?)", (Object) span.currencies().toArray(String[]::new));
    }
  }

  /** What lies in a span of time but in no whole bucket of it: within one bucket, end exclusive. */
  record Edge(long from, long to) {}

  /**
   * A span of time, cut at quarters of an hour.
   *
   * @param whole starts of the buckets that lie wholly in the span
   * @param edges the rest, two at most
   */
  record Parts(Span whole, List<Edge> edges) {

    static Parts of(Span time) {
      Long start = time.min();
      Long end = time.max();
      Long first = start == null ? null : bucketOf(start + BUCKET_MICROS - 1);
      Long last = end == null ? null : bucketOf(end);
      List<Edge> edges = new ArrayList<>();
      if (start != null && end != null && first != null && last != null && first > last) {
        edges.add(new Edge(start, end));
        return new Parts(new Span(0L, 0L), edges);
      }
      if (start != null && first != null && start < first) {
        edges.add(new Edge(start, first));
      }
      if (end != null && last != null && last < end) {
        edges.add(new Edge(last, end));
      }
      return new Parts(new Span(first, last), edges);
    }
  }

  static Totals read(ResultSet rows) throws SQLException {
    List<Totals.OfStatus> payments = new ArrayList<>();
    List<Totals.OfRefunds> refunds = new ArrayList<>();
    do {
      String currency = rows.getString(SqlReads.SNAPSHOT_COLUMNS + 2);
      if (currency != null) {
        long count = rows.getLong(SqlReads.SNAPSHOT_COLUMNS + 4);
        BigInteger amount = rows.getBigDecimal(SqlReads.SNAPSHOT_COLUMNS + 5).toBigIntegerExact();
        if (rows.getInt(SqlReads.SNAPSHOT_COLUMNS + 1) == REFUNDS) {
          refunds.add(new Totals.OfRefunds(currency, count, amount));
        } else {
          int number = rows.getInt(SqlReads.SNAPSHOT_COLUMNS + 3);
          PaymentStatus known = PaymentStatus.forNumber(number);
          PaymentStatus status = known == null ? PaymentStatus.UNRECOGNIZED : known;
          payments.add(new Totals.OfStatus(currency, status, count, amount));
        }
      }
    } while (rows.next());
    return new Totals(payments, refunds);
  }
}
