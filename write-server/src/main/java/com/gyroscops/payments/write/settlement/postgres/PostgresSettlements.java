package com.gyroscops.payments.write.settlement.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.v1.InvoiceSettlement;
import com.gyroscops.payments.write.postgres.Database;
import com.gyroscops.payments.write.settlement.Settlement;
import com.gyroscops.payments.write.settlement.SettlementStore;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
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
    Timestamp now = Timestamps.of(clock.instant());
    Settlement kept =
        settlement.with(settlement.progress().toBuilder().setCreateTime(now).setUpdateTime(now));
    return database.call(
        "keep a settlement",
        connection -> {
          int inserted =
              Database.update(
                  connection,
                  KEEP,
                  statement -> {
                    statement.setObject(1, kept.requestKey());
                    statement.setObject(2, kept.requestHash());
                    statement.setString(3, kept.correlationId());
                    statement.setString(4, kept.traceparent());
                    statement.setBytes(5, kept.progress().toByteArray());
                    statement.setLong(6, startWithin.toMillis());
                  });
          // An earlier one stays for a long time, so it is still there.
          return inserted == 1
              ? kept
              : find(connection, FIND + Database.AS_REPLICATED, kept.requestKey()).orElseThrow();
        });
  }

  @Override
  public Optional<Settlement> find(UUID requestKey) {
    return database.call("read a settlement", connection -> find(connection, FIND, requestKey));
  }

  private static Optional<Settlement> find(Connection connection, String sql, UUID requestKey)
      throws SQLException, InvalidProtocolBufferException {
    return Database.row(
        connection,
        sql,
        statement -> statement.setObject(1, requestKey),
        PostgresSettlements::settlement);
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
          Settlement after =
              changed.with(
                  changed.progress().toBuilder().setUpdateTime(Timestamps.of(clock.instant())));
          var _ =
              Database.update(
                  connection,
                  CHANGE,
                  statement -> {
                    statement.setBytes(1, after.progress().toByteArray());
                    statement.setBoolean(2, after.hasEnded());
                    statement.setBoolean(3, after.hasEnded());
                    statement.setObject(4, requestKey);
                  });
          return Optional.of(after);
        });
  }

  @Override
  public List<Settlement> due(int max, Duration again) {
    return database.rows(
        "read what is due",
        DUE,
        statement -> {
          statement.setLong(1, again.toMillis());
          statement.setInt(2, max);
        },
        PostgresSettlements::settlement);
  }

  @Override
  public int open(int countMax) {
    return database
        .row(
            "count settlements",
            OPEN,
            statement -> statement.setInt(1, countMax),
            row -> row.getInt(1))
        .orElseThrow();
  }

  @Override
  public int removeEnded(Duration before) {
    return database.update(
        "remove settlements", REMOVE_ENDED, statement -> statement.setLong(1, before.toMillis()));
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
}
