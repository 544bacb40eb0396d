package com.gyroscops.payments.read.report.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.read.database.SqlStates;
import com.gyroscops.payments.read.report.Chunk;
import com.gyroscops.payments.read.report.Holder;
import com.gyroscops.payments.read.report.Place;
import com.gyroscops.payments.read.report.ReportStore;
import com.gyroscops.payments.read.report.ReportStoreUnavailableException;
import com.gyroscops.payments.read.report.Reports;
import com.gyroscops.payments.read.report.StoredReport;
import com.gyroscops.payments.v1.Report;
import com.gyroscops.payments.v1.ReportError;
import com.gyroscops.payments.v1.ReportSpecification;
import com.gyroscops.payments.v1.ReportState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** {@link ReportStore} in PostgreSQL. All times are the database's. */
public final class PostgresReports implements ReportStore {

  private static final int PENDING = ReportState.REPORT_STATE_PENDING_VALUE;
  private static final int RUNNING = ReportState.REPORT_STATE_RUNNING_VALUE;
  private static final int SUCCEEDED = ReportState.REPORT_STATE_SUCCEEDED_VALUE;

  /** One transaction at a time keeps reports of one organization, so that they are counted. */
  private static final String LOCK =
      "select pg_advisory_xact_lock(hashtextextended('reports/' || ?, 0))";

  private static final String OPEN =
      "select count(*) from reports where organization_id = ? and ended_at is null";
  private static final String KEEP =
      "insert into reports (report_id, organization_id, request_id, actor, specification, personal,"
          + " state, start_due_at)"
          + " values (?, ?, ?, ?, ?, ?, ?, now() + ? * interval '1 millisecond')"
          + " returning *";
  private static final String OF_REQUEST =
      "select * from reports where organization_id = ? and request_id = ?";
  private static final String FIND =
      "select * from reports where organization_id = ? and report_id = ?";

  private static final String LIST =
      "select * from reports where organization_id = ?"
          + " and (created_at, report_id) < (?, cast(? as uuid)) and state = any (?)"
          + " order by created_at desc, report_id desc limit ?";

  /** Chunks in another folder are left to that folder's own server to remove. */
  private static final String FORGET_ELSEWHERE =
      "with elsewhere as (update reports set chunks = 0, row_count = 0, byte_count = 0,"
          + " rows_expected = null, after_value = null, after_id = '', all_read = false,"
          + " read_at = '' where report_id = ? and ended_at is null and folder_id <> ?"
          + " returning report_id)"
          + " delete from report_chunks where report_id in (select report_id from elsewhere)";

  private static final String TAKE =
      "update reports set attempt = attempt + 1, state = ?, folder_id = ?, held_by = ?,"
          + " started_at = coalesce(started_at, now()),"
          + " start_due_at = now() + ? * interval '1 millisecond'"
          + " where report_id = ? and ended_at is null"
          + " returning *, extract(epoch from now() - started_at) as tried_seconds";
  private static final String BEGIN =
      "update reports set read_at = ?, rows_expected = ?"
          + " where report_id = ? and attempt = ? and ended_at is null";
  private static final String COMMIT =
      "with counted as (update reports set chunks = ? + 1, row_count = ?, byte_count = ?,"
          + " after_value = ?, after_id = ?, all_read = ?,"
          + " start_due_at = now() + ? * interval '1 millisecond'"
          + " where report_id = ? and attempt = ? and chunks = ? and ended_at is null"
          + " returning report_id)"
          + " insert into report_chunks (report_id, number, attempt, start_offset, byte_count,"
          + " sha256) select report_id, ?, ?, ?, ?, ? from counted";
  private static final String CHUNKS =
      "select number, attempt, start_offset, byte_count, sha256 from report_chunks"
          + " where report_id = ? order by number";
  private static final String ENDED =
      " ended_at = now(), expires_at = now() + ? * interval '1 millisecond'";
  private static final String SUCCEED =
      "update reports set state = ?, sha256 = ?,"
          + ENDED
          + " where report_id = ? and attempt = ? and all_read and ended_at is null";

  /** An attempt of -1 stands for any. */
  private static final String FAIL =
      "with failed as (update reports set state = ?, error_reason = ?, error_message = ?,"
          + ENDED
          + " where report_id = ? and ended_at is null and ? in (attempt, -1)"
          + " and coalesce(started_at, now()) <= now() - ? * interval '1 millisecond'"
          + " returning report_id), gone as (delete from report_chunks"
          + " where report_id in (select report_id from failed)) select count(*) from failed";

  private static final String CANCEL =
      "with cancelled as (update reports set state = ?,"
          + ENDED
          + " where report_id = ? and organization_id = ? and ended_at is null returning *),"
          + " gone as (delete from report_chunks"
          + " where report_id in (select report_id from cancelled)) select * from cancelled";
  private static final String DUE =
      "update reports r set start_due_at = now() + ? * interval '1 millisecond'"
          + " from (select report_id from reports where ended_at is null and start_due_at <= now()"
          + " order by start_due_at limit ? for update skip locked) d"
          + " where r.report_id = d.report_id returning r.report_id";
  private static final String REMOVE_EXPIRED =
      "delete from reports where report_id in (select report_id from reports"
          + " where expires_at <= now() limit ? for update skip locked)";
  private static final String NEEDED =
      "select report_id from reports where report_id = any (?) and folder_id = ?"
          + " and (ended_at is null or state = ?)";
  private static final String BACKLOG =
      "select count(*), coalesce(extract(epoch from now() - min(created_at)), 0) from reports"
          + " where ended_at is null";

  private final DataSource dataSource;

  /**
   * @param dataSource a pool, which makes connections as they were when they are given back; bounds
   *     how long connecting and each statement may take
   */
  public PostgresReports(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  @Override
  public Kept keep(NewReport report) {
    return inTransaction(connection -> {
      var _ = one(connection, LOCK, row -> true, report.organizationId());
      Optional<StoredReport> earlier =
          one(
              connection,
              OF_REQUEST,
              PostgresReports::report,
              report.organizationId(),
              report.requestId());
      if (earlier.isPresent()) {
        return new Kept.Earlier(earlier.get());
      }
      long open =
          one(connection, OPEN, row -> row.getLong(1), report.organizationId()).orElseThrow();
      if (open >= report.openMax()) {
        return new Kept.TooMany();
      }
      return new Kept.New(
          one(
                  connection,
                  KEEP,
                  PostgresReports::report,
                  report.id(),
                  report.organizationId(),
                  report.requestId(),
                  report.actor(),
                  report.specification().toByteArray(),
                  report.personal(),
                  PENDING,
                  report.startWithin().toMillis())
              .orElseThrow());
    });
  }

  @Override
  public Optional<StoredReport> ofRequest(String organizationId, String requestId) {
    return call(connection ->
        one(connection, OF_REQUEST, PostgresReports::report, organizationId, requestId));
  }

  @Override
  public Optional<StoredReport> find(String organizationId, UUID id) {
    return call(connection -> one(connection, FIND, PostgresReports::report, organizationId, id));
  }

  @Override
  public Optional<Taken> take(UUID id, Holder holder) {
    return inTransaction(connection -> {
      var _ = update(connection, FORGET_ELSEWHERE, id, holder.folderId());
      return one(
          connection,
          TAKE,
          row ->
              new Taken(
                  report(row), Duration.ofMillis((long) (row.getDouble("tried_seconds") * 1_000))),
          RUNNING,
          holder.folderId(),
          holder.server(),
          Reports.AGAIN.toMillis(),
          id);
    });
  }

  @Override
  public boolean begin(UUID id, int attempt, String readAt, @Nullable Long rowsExpected) {
    return call(connection -> update(connection, BEGIN, readAt, rowsExpected, id, attempt)) == 1;
  }

  @Override
  public boolean commit(UUID id, Chunk chunk, Place place, long rows) {
    Place.Key after = place.after();
    return call(connection ->
        update(
            connection,
            COMMIT,
            chunk.number(),
            rows,
            chunk.end(),
            after == null ? null : after.value(),
            after == null ? "" : after.id(),
            place.isEnd(),
            Reports.AGAIN.toMillis(),
            id,
            chunk.attempt(),
            chunk.number(),
            chunk.number(),
            chunk.attempt(),
            chunk.offset(),
            chunk.bytes(),
            chunk.sha256()))
        == 1;
  }

  @Override
  public List<Chunk> chunks(UUID id) {
    return call(connection ->
        all(
            connection,
            CHUNKS,
            row ->
                new Chunk(
                    row.getInt(1), row.getInt(2), row.getLong(3), row.getInt(4), row.getString(5)),
            id));
  }

  @Override
  public boolean succeed(UUID id, int attempt, String sha256, Duration retention) {
    return call(connection ->
        update(connection, SUCCEED, SUCCEEDED, sha256, retention.toMillis(), id, attempt))
        == 1;
  }

  @Override
  public boolean fail(UUID id, int attempt, ReportError error, Duration retention) {
    return fail(id, attempt, Duration.ZERO, error, retention);
  }

  private boolean fail(
      UUID id, int attempt, Duration triedMax, ReportError error, Duration retention) {
    return call(connection ->
            one(
                connection,
                FAIL,
                row -> row.getLong(1),
                ReportState.REPORT_STATE_FAILED_VALUE,
                error.getReason(),
                error.getMessage(),
                retention.toMillis(),
                id,
                attempt,
                triedMax.toMillis()))
        .filter(count -> count == 1)
        .isPresent();
  }

  @Override
  public boolean giveUp(UUID id, Duration triedMax, ReportError error, Duration retention) {
    return fail(id, -1, triedMax, error, retention);
  }

  @Override
  public Optional<StoredReport> cancel(String organizationId, UUID id, Duration retention) {
    return call(connection ->
        one(
            connection,
            CANCEL,
            PostgresReports::report,
            ReportState.REPORT_STATE_CANCELLED_VALUE,
            retention.toMillis(),
            id,
            organizationId));
  }

  @Override
  public List<Listed<StoredReport>> list(
      String organizationId, List<Integer> states, PageKey after, int max) {
    return call(connection ->
        all(
            connection,
            LIST,
            row -> {
              StoredReport found = report(row);
              Instant created = row.getObject("created_at", OffsetDateTime.class).toInstant();
              return new Listed<>(found, new PageKey(created, found.id().toString()));
            },
            organizationId,
            after.sqlTime(),
            after.id().isEmpty() ? null : after.id(),
            connection.createArrayOf("int4", states.toArray()),
            max));
  }

  @Override
  public List<UUID> due(int max, Duration again) {
    return call(connection ->
        all(connection, DUE, row -> row.getObject(1, UUID.class), again.toMillis(), max));
  }

  @Override
  public int removeExpired(int max) {
    return call(connection -> update(connection, REMOVE_EXPIRED, max));
  }

  @Override
  public Set<UUID> needed(Collection<UUID> ids, String folderId) {
    return new HashSet<>(
        call(connection ->
            all(
                connection,
                NEEDED,
                row -> row.getObject(1, UUID.class),
                connection.createArrayOf("uuid", ids.toArray()),
                folderId,
                SUCCEEDED)));
  }

  @Override
  public Backlog backlog() {
    return call(connection ->
            one(
                connection,
                BACKLOG,
                row ->
                    new Backlog(
                        row.getLong(1), Duration.ofMillis((long) (row.getDouble(2) * 1_000)))))
        .orElseThrow();
  }

  private static StoredReport report(ResultSet row) throws SQLException {
    UUID id = row.getObject("report_id", UUID.class);
    var report =
        Report.newBuilder()
            .setOrganizationId(row.getString("organization_id"))
            .setOwner(row.getString("organization_id"))
            .setActor(row.getString("actor"))
            .setPersonalData(row.getBoolean("personal"))
            .setReportId(id.toString())
            .setRequestId(row.getString("request_id"))
            .setSpecification(specification(row.getBytes("specification")))
            .setStateValue(row.getInt("state"))
            .setRows(row.getLong("row_count"))
            .setBytes(row.getLong("byte_count"))
            .setSha256(row.getString("sha256"))
            .setReadAt(row.getString("read_at"));
    long expected = row.getLong("rows_expected");
    if (!row.wasNull()) {
      report.setRowsExpected(expected);
    }
    if (!row.getString("error_reason").isEmpty()) {
      report.setError(
          ReportError.newBuilder()
              .setReason(row.getString("error_reason"))
              .setMessage(row.getString("error_message")));
    }
    time(row, "created_at").ifPresent(report::setCreateTime);
    time(row, "ended_at").ifPresent(report::setEndTime);
    time(row, "expires_at").ifPresent(report::setExpireTime);
    long after = row.getLong("after_value");
    Place.@Nullable Key key =
        row.wasNull() ? null : new Place.Key(after, row.getString("after_id"));
    return new StoredReport(
        id,
        report.build(),
        row.getInt("attempt"),
        new Holder(row.getString("folder_id"), row.getString("held_by")),
        row.getInt("chunks"),
        new Place(key, row.getBoolean("all_read")));
  }

  private static ReportSpecification specification(byte[] bytes) {
    try {
      return ReportSpecification.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored specification is none", e);
    }
  }

  private static Optional<Timestamp> time(ResultSet row, String column) throws SQLException {
    @Nullable OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return Optional.ofNullable(time).map(it -> Timestamps.of(it.toInstant()));
  }

  /** Reads the row that a result stands on. */
  @FunctionalInterface
  private interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Something to do with a connection. */
  @FunctionalInterface
  private interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  private static <T> Optional<T> one(
      Connection connection, String sql, Row<T> reading, @Nullable Object... parameters)
      throws SQLException {
    return all(connection, sql, reading, parameters).stream().findFirst();
  }

  private static <T> List<T> all(
      Connection connection, String sql, Row<T> reading, @Nullable Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = prepare(connection, sql, parameters);
        ResultSet rows = statement.executeQuery()) {
      List<T> found = new ArrayList<>();
      while (rows.next()) {
        found.add(reading.read(rows));
      }
      return found;
    }
  }

  private static int update(Connection connection, String sql, @Nullable Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = prepare(connection, sql, parameters)) {
      return statement.executeUpdate();
    }
  }

  private static PreparedStatement prepare(
      Connection connection, String sql, @Nullable Object... parameters) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    try {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }

  private <T> T call(Work<T> work) {
    try (Connection connection = dataSource.getConnection()) {
      return work.on(connection);
    } catch (SQLException e) {
      if (SqlStates.isTransient(e)) {
        throw new ReportStoreUnavailableException(
            "the database of reports does not answer: " + e.getMessage(), e);
      }
      throw new IllegalStateException("SQL error " + e.getSQLState() + " of reports", e);
    }
  }

  private <T> T inTransaction(Work<T> work) {
    return call(connection -> {
      connection.setAutoCommit(false);
      try {
        T result = work.on(connection);
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException e) {
        rollBack(connection, e);
        throw e;
      }
    });
  }

  private static void rollBack(Connection connection, Exception cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }
}
