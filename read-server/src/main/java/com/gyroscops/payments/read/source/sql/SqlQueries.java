package com.gyroscops.payments.read.source.sql;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.TextField;
import com.gyroscops.payments.read.source.TextQuery;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** The statements behind everything but statistics, and how their rows are read. */
final class SqlQueries {

  /**
   * A parameter that the planner does not look at. To one that is not among the values it has
   * counted, as an organization that is newer than the statistics is not, it gives no rows at all,
   * and may then read all of an organization by whichever index begins with it, for one payment.
   */
  private static final String HIDDEN = "(select ?)";

  private final String source;

  /**
   * @param source key of the checkpoint
   */
  SqlQueries(String source) {
    this.source = source;
  }

  Sql find(String organizationId, List<String> paymentIds) {
    return SqlReads.snapshot(source, parkedOf(organizationId, paymentIds), "p.payment")
        .append("left join payments p on p.organization_id = " + HIDDEN + " and ", organizationId)
        .append(isOneOf("p.payment_id", paymentIds))
        .append(" where c.source = ?", source);
  }

  Sql history(String organizationId, String paymentId, long afterVersion, int limit) {
    Sql parked = parkedOf(organizationId, List.of(paymentId));
    return SqlReads.snapshot(source, parked, "p.event")
        .append("left join lateral (select version, event from payment_events")
        .append(
            " where organization_id = " + HIDDEN + " and payment_id = ?", organizationId, paymentId)
        .append(" and version > ? order by version limit ?) p on true", afterVersion, limit)
        .append(" where c.source = ? order by p.version", source);
  }

  Sql timeline(String organizationId, String correlationId, long afterPosition, int limit) {
    return SqlReads.snapshot(source, parkedOf(organizationId), "p.event")
        .append("left join lateral (select position, event from payment_events")
        .append(
            " where organization_id = " + HIDDEN + " and correlation_id = ?",
            organizationId,
            correlationId)
        // Said again because the index is over these alone and a parameter could be empty.
        .append(" and correlation_id <> '' and position > ?", afterPosition)
        .append(" order by position limit ?) p on true", limit)
        .append(" where c.source = ? order by p.position", source);
  }

  Sql events(String organizationId, Optional<String> paymentId, long afterPosition, int limit) {
    Sql parked =
        paymentId
            .map(id -> parkedOf(organizationId, List.of(id)))
            .orElseGet(() -> parkedOf(organizationId));
    Sql sql =
        SqlReads.snapshot(source, parked, "p.event")
            .append("left join lateral (select position, event from payment_events")
            .append(
                " where organization_id = " + HIDDEN + " and position > ?",
                organizationId,
                afterPosition);
    paymentId.ifPresent(id -> sql.append(" and payment_id = ?", id));
    // A payment's versions and positions grow together; its versions are what the key is over.
    return sql.append(" order by " + (paymentId.isPresent() ? "version" : "position"))
        .append(" limit ?) p on true where c.source = ? order by p.position", limit, source);
  }

  Sql suggest(Completion completion) {
    String organization = completion.organizationId();
    Sql sql =
        SqlReads.snapshot(source, parkedOf(organization), "p.value, p.payments")
            .append("left join lateral (select v.value, count(*) as payments from (");
    switch (completion.field()) {
      case DESCRIPTION -> {
        TextQuery typed = TextQuery.typed(completion.text());
        sql.append("select w.description as value from payment_words w")
            .append(" join payments p on p.organization_id = w.organization_id")
            .append(" and p.payment_id = w.payment_id")
            .append(" where w.words @@ ?::tsquery", SqlText.query(organization, typed))
            .append(" and w.description_words @@ ?::tsquery", SqlText.query(typed))
            .append(" and w.description <> ''");
      }
      case USER -> starting(sql, organization, "user_id", completion.text());
      case MERCHANT_REFERENCE ->
          starting(sql, organization, "merchant_reference", completion.text());
      case PROVIDER_REFERENCE ->
          starting(sql, organization, "provider_reference", completion.text());
    }
    return sql.append(" and p.status <> ?", PaymentStatus.PAYMENT_STATUS_DELETED_VALUE)
        .append(") v group by v.value order by payments desc, v.value limit ?", completion.limit())
        .append(") p on true where c.source = ?", source)
        .append(" order by p.payments desc, p.value");
  }

  /** Values between a beginning and the least text that neither has it nor comes before it. */
  private static void starting(Sql sql, String organization, String column, String beginning) {
    sql.append("select p." + column + " as value from payments p")
        .append(" where p.organization_id = ? and p." + column + " <> ''", organization)
        .append(" and p." + column + " >= ?", beginning);
    int last = beginning.codePointBefore(beginning.length());
    if (last < Character.MAX_CODE_POINT) {
      int next = last == Character.MIN_SURROGATE - 1 ? Character.MAX_SURROGATE + 1 : last + 1;
      String head = beginning.substring(0, beginning.length() - Character.charCount(last));
      sql.append(" and p." + column + " < ?", head + Character.toString(next));
    }
  }

  static Completion.Values readValues(ResultSet rows) throws SQLException {
    List<Completion.Value> values = new ArrayList<>();
    do {
      String value = rows.getString(SqlReads.SNAPSHOT_COLUMNS + 1);
      if (value != null) {
        values.add(new Completion.Value(value, rows.getLong(SqlReads.SNAPSHOT_COLUMNS + 2)));
      }
    } while (rows.next());
    return new Completion.Values(values);
  }

  Sql search(PaymentSearch search) {
    Sql filter = filter(search.filter());
    String column = column(search.sort());
    String direction = search.ascending() ? " asc" : " desc";
    String order = "p." + column + direction + ", p.payment_id" + direction;
    Sql sql =
        SqlReads.snapshot(
            source, parkedOf(search.filter().organizationId()), "p.payment, m.matches");
    if (search.countMax() == 0) {
      sql.append("cross join (select 0 as matches) m");
    } else {
      sql.append(
              "cross join lateral (select count(*) as matches from (select from payments p where ")
          .append(filter)
          .append(" limit ?) found) m", search.countMax());
    }
    sql.append(" left join lateral (select p.payment, p.payment_id, p.")
        .append(column)
        .append(" from payments p where ")
        .append(filter);
    PaymentSearch.Key after = search.after();
    if (after != null) {
      sql.append(" and (p." + column + ", p.payment_id) " + (search.ascending() ? ">" : "<"))
          .append(" (?, ?)", after.sortValue(), after.paymentId());
    }
    return sql.append(" order by " + order + " limit ?) p on true", search.limit())
        .append(" where c.source = ? order by " + order, source);
  }

  /** Condition on {@code payments p}. */
  static Sql filter(Filter filter) {
    Sql sql = new Sql("p.organization_id = ?", filter.organizationId());
    if (filter.statuses().isEmpty()) {
      sql.append(" and p.status <> ?", PaymentStatus.PAYMENT_STATUS_DELETED_VALUE);
    } else if (filter.statuses().size() == 1) {
      sql.append(" and p.status = ?", filter.statuses().iterator().next().getNumber());
    } else {
      short[] statuses = new short[filter.statuses().size()];
      int i = 0;
      for (PaymentStatus status : filter.statuses()) {
        statuses[i++] = (short) status.getNumber();
      }
      sql.append(" and p.status = any (?)", (Object) statuses);
    }
    if (filter.currencies().size() == 1) {
      sql.append(" and p.currency = ?", filter.currencies().iterator().next());
    } else if (!filter.currencies().isEmpty()) {
      sql.append(" and p.currency = any (?)", (Object) filter.currencies().toArray(String[]::new));
    }
    filter.texts().forEach((field, value) -> equal(sql, column(field), value));
    filter
        .spans()
        .forEach((field, span) -> within(sql, column(field), span, field.isTime() ? "<" : "<="));
    if (!filter.metadata().isEmpty()) {
      sql.append(" and p.metadata @> ?::jsonb", MetadataJson.of(filter.metadata()));
    }
    if (!filter.words().isEmpty()) {
      String query = SqlText.query(filter.organizationId(), filter.words());
      sql.append(" and (p.organization_id, p.payment_id) in (select w.organization_id,")
          .append(" w.payment_id from payment_words w where w.words @@ ?::tsquery)", query);
    }
    return sql;
  }

  private static String column(TextField field) {
    return switch (field) {
      case USER -> "user_id";
      case MERCHANT_REFERENCE -> "merchant_reference";
      case PROVIDER_REFERENCE -> "provider_reference";
      case CORRELATION -> "correlation_id";
    };
  }

  private static String column(NumberField field) {
    return switch (field) {
      case EFFECTIVE_TIME -> "effective_at";
      case UPDATE_TIME -> "update_at";
      case AMOUNT -> "amount";
    };
  }

  private static void equal(Sql sql, String column, String value) {
    // The second condition is what the partial indexes are over.
    sql.append(" and p." + column + " = ? and p." + column + " <> ''", value);
  }

  private static void within(Sql sql, String column, Span span, String upTo) {
    Long min = span.min();
    if (min != null) {
      sql.append(" and p." + column + " >= ?", min);
    }
    Long max = span.max();
    if (max != null) {
      sql.append(" and p." + column + " " + upTo + " ?", max);
    }
  }

  /** Condition on parked events of an organization. */
  static Sql parkedOf(String organizationId) {
    return new Sql("e.organization_id = ?", organizationId);
  }

  private static Sql parkedOf(String organizationId, List<String> paymentIds) {
    return new Sql("e.organization_id = ? and ", organizationId)
        .append(isOneOf("e.payment_id", paymentIds));
  }

  /**
   * Without an array where there is one value. PostgreSQL keeps a plan that serves any values if it
   * seems as good as one for the values at hand; one for arrays of any length never does, and
   * planning takes several times as long as finding a payment.
   */
  private static Sql isOneOf(String column, List<String> values) {
    return values.size() == 1
        ? new Sql(column + " = ?", values.getFirst())
        : new Sql(column + " = any (?)", (Object) values.toArray(String[]::new));
  }

  static List<Payment> readPayments(ResultSet rows) throws SQLException {
    return readMessages(rows, SqlQueries::payment);
  }

  static SearchPage readPage(ResultSet rows, boolean counted) throws SQLException {
    OptionalInt matches =
        counted ? OptionalInt.of(rows.getInt(SqlReads.SNAPSHOT_COLUMNS + 2)) : OptionalInt.empty();
    return new SearchPage(readPayments(rows), matches);
  }

  static List<PaymentEvent> readEvents(ResultSet rows) throws SQLException {
    return readMessages(rows, SqlQueries::event);
  }

  /** What the rows hold behind the snapshot; the one row of an empty answer holds nothing. */
  private static <T> List<T> readMessages(ResultSet rows, Function<byte[], T> parse)
      throws SQLException {
    List<T> messages = new ArrayList<>();
    do {
      byte[] bytes = rows.getBytes(SqlReads.SNAPSHOT_COLUMNS + 1);
      if (bytes != null) {
        messages.add(parse.apply(bytes));
      }
    } while (rows.next());
    return messages;
  }

  static Payment payment(byte[] bytes) {
    try {
      return Payment.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored payment is none", e);
    }
  }

  static PaymentEvent event(byte[] bytes) {
    try {
      return PaymentEvent.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored event is none", e);
    }
  }
}
