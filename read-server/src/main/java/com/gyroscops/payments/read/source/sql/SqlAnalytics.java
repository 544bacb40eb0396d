package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.read.source.Percentile;
import com.gyroscops.payments.read.source.ZoneOffsets;
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

  private static final long EARLIER_DAYS = ZoneOffsets.EARLIER_DAYS;

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

  /** Appends the number of the first day of the period, counted from 1970-01-01. */
  private static void period(Sql sql, Analysis analysis) {
    if (analysis.period().isEmpty()) {
      sql.append("null::bigint");
      return;
    }
    switch (analysis.period().get()) {
      case DAY -> {
        day(sql, analysis.offsets());
        sql.append(" - " + EARLIER_DAYS);
      }
      case WEEK -> {
        // 1970 began on a Thursday.
        sql.append("(");
        day(sql, analysis.offsets());
        sql.append(" + 3) / 7 * 7 - 3 - " + EARLIER_DAYS);
      }
      case MONTH -> {
        // Without a zone: the calendar alone.
        sql.append("(date_trunc('month', (date '1970-01-01' + (");
        day(sql, analysis.offsets());
        sql.append(
            " - " + EARLIER_DAYS + ")::integer)::timestamp)::date - date '1970-01-01')::bigint");
      }
    }
  }

  /** Appends the local day of a payment, counted from {@link #EARLIER_DAYS} before 1970. */
  private static void day(Sql sql, ZoneOffsets offsets) {
    sql.append("(p.effective_at + " + EARLIER_DAYS * ZoneOffsets.DAY + " + ");
    if (offsets.isFixed()) {
      sql.append("?::bigint", offsets.offsets()[0]);
    } else {
      sql.append("(?::bigint[])[width_bucket(", (Object) offsets.offsets())
          .append("case when p.effective_at < ?::bigint then p.effective_at", offsets.cycleEnd())
          .append(" else ?::bigint", offsets.cycleStart())
          .append(" + (p.effective_at - ?::bigint)", offsets.cycleStart())
          .append(" % " + ZoneOffsets.CYCLE + " end, ?::bigint[])]", (Object) offsets.starts());
    }
    sql.append(") / " + ZoneOffsets.DAY);
  }

  private static void percentiles(Sql sql, Analysis analysis) {
    if (analysis.percentiles().isEmpty()) {
      sql.append("null::bigint[]");
    } else {
      double[] fractions =
          analysis.percentiles().stream().mapToDouble(Percentile::fraction).toArray();
      // The engine takes the rank by a product in floating point, rounded up.
      sql.append("percentile_disc(?) within group (order by p.amount)", (Object) fractions);
    }
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
        day(row),
        Optional.ofNullable(row.getString(FIRST + 4)),
        row.getLong(FIRST + 5),
        row.getBigDecimal(FIRST + 6).toBigIntegerExact(),
        row.getLong(FIRST + 7),
        row.getLong(FIRST + 8),
        percentiles(row.getArray(FIRST + 9)));
  }

  private static Optional<LocalDate> day(ResultSet row) throws SQLException {
    long day = row.getLong(FIRST + 2);
    return row.wasNull() ? Optional.empty() : Optional.of(LocalDate.ofEpochDay(day));
  }

  private static List<Long> percentiles(Array found) throws SQLException {
    return found == null ? List.of() : Arrays.asList((Long[]) found.getArray());
  }
}
