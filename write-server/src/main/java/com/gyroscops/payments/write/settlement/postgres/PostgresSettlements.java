package com.gyroscops.payments.write.settlement.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.gyroscops.payments.v1.InvoiceSettlement;
import com.gyroscops.payments.write.postgres.Database;
import com.gyroscops.payments.write.settlement.Settlement;
import com.gyroscops.payments.write.settlement.SettlementStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/** {@link SettlementStore} in PostgreSQL. */
public final class PostgresSettlements implements SettlementStore {

  private static final String COLUMNS =
      "request_key, request_hash, correlation_id, traceparent, settlement";
  private static final String KEEP =
      "insert into settlements ("
          + COLUMNS
          + ", start_due_at) values (?, ?, ?, ?, ?, now() + ? * interval '1 millisecond')"
          + " on conflict (request_key) do nothing";
  private static final String FIND =
      "select " + COLUMNS + " from settlements where request_key = ?";
  private static final String CHANGE =
      "update settlements set settlement = ?,"
          + " ended_at = case when ? then now() end,"
          + " start_due_at = case when ? then null else start_due_at end where request_key = ?";
  private static final String DUE =
      "update settlements s set start_due_at = now() + ? * interval '1 millisecond'"
          + " from (select request_key as due from settlements where start_due_at <= now()"
          + " order by start_due_at limit ? for update skip locked) d"
          + " where s.request_key = d.due returning "
          + COLUMNS;
  private static final String OPEN =
      "select count(*) from (select from settlements where start_due_at is not null limit ?) s";
  private static final String REMOVE_ENDED =
      "delete from settlements where ended_at < now() - ? * interval '1 millisecond'";

  private final Database database;
  private final Clock clock;

  /**
   * @param dataSource bounds how long connecting and each statement may take
   * @param clock for the times that a settlement tells
   */
  public PostgresSettlements(DataSource dataSource, Clock clock) {
    database = new Database(dataSource);
    this.clock = clock;
  }

  @Override
  public Settlement keep(Settlement settlement, Duration startWithin) {
    Timestamp now = now();
    Settlement kept =
        with(settlement, settlement.progress().toBuilder().setCreateTime(now).setUpdateTime(now));
    return database.call(
        "keep a settlement",
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(KEEP)) {
            statement.setObject(1, kept.requestKey());
            statement.setObject(2, kept.requestHash());
            statement.setString(3, kept.correlationId());
            statement.setString(4, kept.traceparent());
            statement.setBytes(5, kept.progress().toByteArray());
            statement.setLong(6, startWithin.toMillis());
            // An earlier one stays for a long time, so it is still there.
            return statement.executeUpdate() == 1
                ? kept
                : find(connection, FIND, kept.requestKey()).orElseThrow();
          }
        });
  }

  @Override
  public Optional<Settlement> find(UUID requestKey) {
    return database.call("read a settlement", connection -> find(connection, FIND, requestKey));
  }

  private static Optional<Settlement> find(Connection connection, String sql, UUID requestKey)
      throws SQLException, InvalidProtocolBufferException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, requestKey);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? Optional.of(settlement(row)) : Optional.empty();
      }
    }
  }

  @Override
  public Optional<Settlement> change(UUID requestKey, UnaryOperator<Settlement> change) {
    return database.inTransaction(
        "change a settlement",
        connection -> {
          Optional<Settlement> before = find(connection, FIND + " for update", requestKey);
          if (before.isEmpty() || before.get().hasEnded()) {
            return before;
          }
          Settlement changed = change.apply(before.get());
          if (changed.equals(before.get())) {
            return before;
          }
          Settlement after = with(changed, changed.progress().toBuilder().setUpdateTime(now()));
          try (PreparedStatement statement = connection.prepareStatement(CHANGE)) {
            statement.setBytes(1, after.progress().toByteArray());
            statement.setBoolean(2, after.hasEnded());
            statement.setBoolean(3, after.hasEnded());
            statement.setObject(4, requestKey);
            statement.executeUpdate();
          }
          return Optional.of(after);
        });
  }

  @Override
  public List<Settlement> due(int max, Duration again) {
    return database.call(
        "read what is due",
        connection -> {
          List<Settlement> due = new ArrayList<>();
          try (PreparedStatement statement = connection.prepareStatement(DUE)) {
            statement.setLong(1, again.toMillis());
            statement.setInt(2, max);
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                due.add(settlement(row));
              }
            }
          }
          return due;
        });
  }

  @Override
  public int open(int countMax) {
    return database.call(
        "count settlements",
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(OPEN)) {
            statement.setInt(1, countMax);
            try (ResultSet row = statement.executeQuery()) {
              row.next();
              return row.getInt(1);
            }
          }
        });
  }

  @Override
  public int removeEnded(Duration before) {
    return database.call(
        "remove settlements",
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(REMOVE_ENDED)) {
            statement.setLong(1, before.toMillis());
            return statement.executeUpdate();
          }
        });
  }

  private static Settlement settlement(ResultSet row)
      throws SQLException, InvalidProtocolBufferException {
    return new Settlement(
        row.getObject(1, UUID.class),
        row.getObject(2, UUID.class),
        row.getString(3),
        row.getString(4),
        InvoiceSettlement.parseFrom(row.getBytes(5)));
  }

  private static Settlement with(Settlement settlement, InvoiceSettlement.Builder progress) {
    return new Settlement(
        settlement.requestKey(),
        settlement.requestHash(),
        settlement.correlationId(),
        settlement.traceparent(),
        progress.build());
  }

  private Timestamp now() {
    Instant now = clock.instant();
    return Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()).build();
  }
}
