package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.v1.PaymentStatus;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Figures in groups: all of them in one statement over the payments that match. */
final class SqlAnalytics {

  private static final int FIRST = SqlReads.SNAPSHOT_COLUMNS;

  /** The second in which a payment's time lies; whole seconds are exact in floating point. */
  private static final String TIME =
      "to_timestamp(floor(p.effective_at / 1000000::numeric)::double precision)";

  private final String source;

  SqlAnalytics(String source) {
    this.source = source;
  }

  Sql statement(Analysis analysis) {
    String organization = analysis.filter().organizationId();
    String key = "g.period, g.currency, g.status, g.user_id";
    String order =
        switch (analysis.order()) {
          case KEY -> key;
          case COUNT -> "g.payments desc, " + key;
        };
    Sql sql =
        SqlReads.snapshot(
                source,
                SqlQueries.parkedOf(organization),
                "g.currency, g.period, g.status, g.user_id, g.payments, g.amount, g.least, g.most,"
                    + " g.percentiles, g.total")
            .append("left join lateral (select g.*, count(*) over () as total from (select ");
    period(sql, analysis);
    sql.append(" as period, p.currency, ")
        .append(analysis.byStatus() ? "p.status" : "null::smallint as status")
        .append(analysis.byUser() ? ", p.user_id" : ", null::text as user_id")
        .append(", count(*) as payments, sum(p.amount::numeric) as amount,")
        .append(" min(p.amount) as least, max(p.amount) as most, ");
    percentiles(sql, analysis);
    return sql.append(" as percentiles from payments p where ")
        .append(SqlQueries.filter(analysis.filter()))
        .append(" group by 1, 2, 3, 4) g order by " + order + " limit ?", analysis.limit())
        .append(") g on true where c.source = ? order by " + order, source);
  }

  private static void period(Sql sql, Analysis analysis) {
    Optional<String> unit =
        analysis
            .period()
            .map(period ->
                switch (period) {
                  case DAY -> "day";
                  case WEEK -> "week";
                  case MONTH -> "month";
                });
    if (unit.isEmpty()) {
      sql.append("null::date");
    } else {
      String zone = analysis.zone().getId();
      sql.append("date_trunc('" + unit.get() + "', " + TIME + " at time zone ?)::date", zone);
    }
  }

  private static void percentiles(Sql sql, Analysis analysis) {
    if (analysis.percentiles().isEmpty()) {
      sql.append("null::bigint[]");
    } else {
      double[] fractions =
          analysis.percentiles().stream().mapToDouble(SqlAnalytics::fraction).toArray();
      sql.append("percentile_disc(?) within group (order by p.amount)", (Object) fractions);
    }
  }

  /**
   * A hair less than the percentile says: the engine rounds the rank up, and 0.55 of 100 would be
   * the 56th for being slightly more than 55.
   */
  private static double fraction(double percentile) {
    return percentile / 100 * (1 - 4 * Math.ulp(1.0));
  }

  static Groups read(ResultSet rows) throws SQLException {
    List<Groups.Group> groups = new ArrayList<>();
    long total = 0;
    do {
      if (rows.getString(FIRST + 1) != null) {
        groups.add(group(rows));
        total = rows.getLong(FIRST + 10);
      }
    } while (rows.next());
    return total > Analysis.GROUPS_MAX
        ? new Groups.TooMany()
        : new Groups.Found(groups, Math.toIntExact(total));
  }

  private static Groups.Group group(ResultSet row) throws SQLException {
    int number = row.getInt(FIRST + 3);
    Optional<PaymentStatus> status =
        row.wasNull()
            ? Optional.empty()
            : Optional.ofNullable(PaymentStatus.forNumber(number))
                .or(() -> Optional.of(PaymentStatus.UNRECOGNIZED));
    return new Groups.Group(
        row.getString(FIRST + 1),
        status,
        Optional.ofNullable(row.getObject(FIRST + 2, LocalDate.class)),
        Optional.ofNullable(row.getString(FIRST + 4)),
        row.getLong(FIRST + 5),
        row.getBigDecimal(FIRST + 6).toBigIntegerExact(),
        row.getLong(FIRST + 7),
        row.getLong(FIRST + 8),
        percentiles(row.getArray(FIRST + 9)));
  }

  private static List<Long> percentiles(Array found) throws SQLException {
    return found == null ? List.of() : Arrays.asList((Long[]) found.getArray());
  }
}
