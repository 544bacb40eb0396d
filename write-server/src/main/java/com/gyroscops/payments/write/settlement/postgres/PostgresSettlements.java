package com.gyroscops.payments.write.settlement.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.v1.InvoiceSettlement;
import com.gyroscops.payments.write.postgres.Database;
import com.gyroscops.payments.write.postgres.Database.Parameters;
import com.gyroscops.payments.write.settlement.Settlement;
import com.gyroscops.payments.write.settlement.SettlementStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
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
          + ", organization_id, request_id, actor, state, created_at, start_due_at)"
          + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now() + ? * interval '1 millisecond')"
          + " on conflict (request_key) do nothing";
  private static final String FIND =
      "select " + COLUMNS + " from settlements where request_key = ?";
  private static final String LIST =
      "select "
          + COLUMNS
          + ", created_at, request_id from settlements"
          + " where organization_id = ? and (created_at, request_id) < (?, ?) and state = any (?)"
          + " order by created_at desc, request_id desc limit ?";
  private static final String CHANGE =
      "update settlements set settlement = ?, state = ?,"
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
    Instant created = clock.instant().truncatedTo(ChronoUnit.MICROS);
    Timestamp now = Timestamps.of(created);
    Settlement kept =
        settlement.with(settlement.progress().toBuilder().setCreateTime(now).setUpdateTime(now));
    return database.call(
        "keep a settlement",
        connection -> {
          int inserted =
              Database.update(
                  connection,
                  KEEP,
                  Parameters.of(
                      kept.requestKey(),
                      kept.requestHash(),
                      kept.correlationId(),
                      kept.traceparent(),
                      kept.progress().toByteArray(),
                      kept.progress().getOrganizationId(),
                      kept.progress().getRequestId(),
                      kept.progress().getActor(),
                      kept.progress().getStateValue(),
                      created.atOffset(ZoneOffset.UTC),
                      startWithin.toMillis()));
          // An earlier one stays for a long time, so it is still there.
          return inserted == 1
              ? kept
              : Database.row(
                      connection,
                      FIND + Database.AS_REPLICATED,
                      Parameters.of(kept.requestKey()),
                      PostgresSettlements::settlement)
                  .orElseThrow();
        });
  }

  @Override
  public Optional<Settlement> find(UUID requestKey) {
    return database.row(
        "read a settlement", FIND, Parameters.of(requestKey), PostgresSettlements::settlement);
  }

  @Override
  public List<Listed<Settlement>> list(
      String organizationId, List<Integer> states, PageKey after, int max) {
    return database.rows(
        "list settlements",
        LIST,
        Parameters.of(organizationId, after.sqlTime(), after.id(), states, max),
        row ->
            new Listed<>(
                settlement(row),
                new PageKey(row.getObject(6, OffsetDateTime.class).toInstant(), row.getString(7))));
  }

  @Override
  public Optional<Settlement> change(UUID requestKey, UnaryOperator<Settlement> change) {
    return database.inTransaction(
        "change a settlement",
        connection -> {
          Optional<Settlement> before =
              Database.row(
                  connection,
                  FIND + " for update",
                  Parameters.of(requestKey),
                  PostgresSettlements::settlement);
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
                  Parameters.of(
                      after.progress().toByteArray(),
                      after.progress().getStateValue(),
                      after.hasEnded(),
                      after.hasEnded(),
                      requestKey));
          return Optional.of(after);
        });
  }

  @Override
  public List<Settlement> due(int max, Duration again) {
    return database.rows(
        "read what is due",
        DUE,
        Parameters.of(again.toMillis(), max),
        PostgresSettlements::settlement);
  }

  @Override
  public int open(int countMax) {
    return database.theRow(
        "count settlements", OPEN, Parameters.of(countMax), row -> row.getInt(1));
  }

  @Override
  public int removeEnded(Duration before) {
    return database.update("remove settlements", REMOVE_ENDED, Parameters.of(before.toMillis()));
  }

  private static Settlement settlement(ResultSet row)
      throws SQLException, InvalidProtocolBufferException {
    InvoiceSettlement progress = InvoiceSettlement.parseFrom(row.getBytes(5));
    return new Settlement(
        row.getObject(1, UUID.class),
        row.getObject(2, UUID.class),
        row.getString(3),
        row.getString(4),
        // Those of an earlier version do not name their owner.
        progress.toBuilder().setOwner(progress.getOrganizationId()).build());
  }
}
